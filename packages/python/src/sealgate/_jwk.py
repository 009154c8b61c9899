"""Public Ed25519 JWKs (RFC 7517 §4, RFC 8037 §2, RFC 9864), read as strictly as the kit does."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ._compact import is_kid
from ._json import decode_base64url, encode_base64url

_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv")
_ALGORITHMS = ("EdDSA", "Ed25519")

# How the `x` of no key may begin, or read: the points of small order, and every y from p up, which is not canonical. Some
# runtimes verify a forged signature under such a key. The same expression as the kit's.
_BAD_POINT = re.compile(r"(A[AQ]A{8}|JuiVj8KyJ7|xxdqcD1N2E|[7-9_-][Pfv_]_{39}[3_]8)")


@dataclass(frozen=True)
class PublicKey:
    """A key to verify with."""

    kid: str
    algs: tuple[str, ...]
    point: bytes
    thumbprint: str


def read_public_jwk(jwk: object) -> PublicKey | str:
    """The key, or what is wrong with it in words."""
    if not isinstance(jwk, dict):
        return "it is not a JSON object"
    if any(name in jwk for name in _PRIVATE_MEMBERS):
        return "it holds a private key: rotate it, and publish only the public half"
    if (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        return "it is not an Ed25519 key (kty OKP, crv Ed25519)"
    if jwk.get("use", "sig") != "sig":
        return "its use is not sig"
    key_ops = jwk.get("key_ops", ["verify"])
    if not isinstance(key_ops, list) or "verify" not in key_ops:
        return "its key_ops lack verify"
    alg = jwk.get("alg")
    if "alg" in jwk and alg not in _ALGORITHMS:
        return "its alg is not EdDSA"
    x = jwk.get("x")
    point = decode_base64url(x) if isinstance(x, str) and len(x) == 43 else None
    if point is None:
        return "its x is not 32 bytes in canonical base64url"
    problem = point_problem(x)
    if problem is not None:
        return problem
    kid = jwk.get("kid")
    if not is_kid(kid):
        return "it has no kid" if "kid" not in jwk else "its kid is not a string of 1 to 256 characters"
    # RFC 9864: a key that says `EdDSA` is for that name alone.
    algs = ("EdDSA",) if alg == "EdDSA" else _ALGORITHMS
    return PublicKey(kid, algs, point, thumbprint(x))


def point_problem(x: str) -> str | None:
    """What is wrong with a point (RFC 8032 §5.1.3), 32 bytes in canonical base64url."""
    return "its point is of small order, or not canonical" if _BAD_POINT.match(x) else None


def thumbprint(x: str) -> str:
    """RFC 7638 §3, for an Ed25519 key."""
    text = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
    return encode_base64url(hashlib.sha256(text.encode("ascii")).digest())


def keys_by_kid(keys: Iterable[PublicKey]) -> tuple[dict[str, list[PublicKey]], list[str]]:
    """The usable keys, and each `kid` that several different keys have for one algorithm: none of those is used."""
    groups: dict[str, set[PublicKey]] = {}
    for key in keys:
        groups.setdefault(key.kid, set()).add(key)
    usable: dict[str, list[PublicKey]] = {}
    ambiguous: list[str] = []
    for kid, group in groups.items():
        clear = [key for key in group if not any(_collide(key, other) for other in group)]
        if len(clear) < len(group):
            ambiguous.append(kid)
        if clear:
            usable[kid] = clear
    return usable, ambiguous


def _collide(one: PublicKey, other: PublicKey) -> bool:
    return one.point != other.point and bool(set(one.algs) & set(other.algs))
