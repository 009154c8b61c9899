"""Verifies Sealgate's internal tokens with keys in hand: the checks of the kit, in its order.

It knows no deny-list, no policy and no cache, and takes the JWK Set as it is given.
"""

import base64
import hashlib
import hmac
import json
import re

from js import Object, crypto
from pyodide.ffi import to_js

MAX_TOKEN_BYTES = 8192
MAX_KID_LENGTH = 256
MIN_SECRET_BYTES = 64
ED25519_SIGNATURE_BYTES = 64
MAX_ACTOR_DEPTH = 5
KINDS = ("user", "machine", "agent", "anonymous")


class TokenError(Exception):
    """`reason` is one stable word, the same as the kit's."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


async def verify_eddsa(token, jwks, **expected):
    """The claims of a token signed with a key of `jwks`, a JWK Set as a dict.

    `expected`: `issuer`, `audience`, `now` in seconds, and `leeway` (90) and `max_ttl` (3600), in seconds.
    Raises TokenError.
    """
    header, signed, payload, signature = _take_apart(token)
    _check_header(header, ("EdDSA", "Ed25519"))
    key = _find(jwks, header)
    # WebCrypto in workerd throws for another length.
    if len(signature) != ED25519_SIGNATURE_BYTES:
        raise TokenError("bad_signature")
    jwk = to_js({name: key[name] for name in ("kty", "crv", "x")}, dict_converter=Object.fromEntries)
    usages = to_js(["verify"])
    public_key = await crypto.subtle.importKey("jwk", jwk, "Ed25519", False, usages)
    if not await crypto.subtle.verify("Ed25519", public_key, to_js(signature), to_js(signed)):
        raise TokenError("bad_signature")
    return _check_claims(_parse_object(payload), **expected)


def verify_hs512(token, secret, **expected):
    """The claims of a token signed with `secret`, at least 64 bytes. `expected` as for verify_eddsa."""
    if len(secret) < MIN_SECRET_BYTES:
        raise ValueError(f"the secret has less than {MIN_SECRET_BYTES} bytes")
    header, signed, payload, signature = _take_apart(token)
    _check_header(header, ("HS512",))
    if not hmac.compare_digest(hmac.digest(secret, signed, hashlib.sha512), signature):
        raise TokenError("bad_signature")
    return _check_claims(_parse_object(payload), **expected)


def _take_apart(token):
    if not isinstance(token, str):
        raise TokenError("malformed")
    if len(token) > MAX_TOKEN_BYTES:
        raise TokenError("too_large")
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenError("malformed")
    header, payload, signature = (_decode(part) for part in parts)
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    return _parse_object(header), signed, payload, signature


def _decode(text):
    """base64url in its one canonical spelling: Python's own decoder skips characters that it does not know."""
    if not re.fullmatch("[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        raise TokenError("malformed")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != text:
        raise TokenError("malformed")
    return raw


def _parse_object(raw):
    """A JSON object in UTF-8: Python's own parser also guesses UTF-16, and takes NaN and Infinity."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        raise TokenError("malformed") from None
    if not isinstance(value, dict):
        raise TokenError("malformed")
    return value


def _reject_constant(name):
    raise ValueError(name)


def _check_header(header, algorithms):
    if "crit" in header or "b64" in header:
        raise TokenError("unsupported_crit")
    kid = header.get("kid", "-")
    if not isinstance(header.get("alg"), str) or not _is_name(kid) or len(kid) > MAX_KID_LENGTH:
        raise TokenError("malformed")
    if not isinstance(header.get("typ", "JWT"), str):
        raise TokenError("malformed")
    if header["alg"] not in algorithms:
        raise TokenError("unsupported_alg")
    if header.get("typ", "JWT") != "JWT":
        raise TokenError("wrong_type")


def _find(jwks, header):
    if "kid" not in header:
        raise TokenError("missing_kid")
    keys = [key for key in jwks["keys"] if _fits(key, header)]
    # Two keys under one kid: neither is used.
    if len(keys) != 1:
        raise TokenError("unknown_kid")
    return keys[0]


def _fits(key, header):
    return (
        (key.get("kty"), key.get("crv"), key.get("kid")) == ("OKP", "Ed25519", header["kid"])
        and key.get("alg", header["alg"]) == header["alg"]
        and key.get("use", "sig") == "sig"
        and "d" not in key
    )


def _check_claims(claims, *, issuer, audience, now, leeway=90, max_ttl=3600):
    _check_shape(claims)
    exp, iat = claims["exp"], claims["iat"]
    if exp <= iat:
        raise TokenError("invalid_claim")
    if exp - iat > max_ttl:
        raise TokenError("too_old")
    if iat > now + leeway:
        raise TokenError("issued_in_future")
    if exp <= now - leeway:
        raise TokenError("expired")
    if claims.get("nbf", now) > now + leeway:
        raise TokenError("not_yet_valid")
    if claims["iss"] != issuer:
        raise TokenError("wrong_issuer")
    if audience not in _audiences(claims["aud"]):
        raise TokenError("wrong_audience")
    # Bound to one request: this module does not hash requests.
    if "req" in claims:
        raise TokenError("request_mismatch")
    return claims


def _check_shape(claims):
    required = {"sub": _is_name, "exp": _is_time, "iat": _is_time, "iss": _is_name, "aud": _is_audience}
    optional = {"nbf": _is_time, "jti": _is_name, "kind": _is_kind, "auth_iat": _is_time, "act": _is_actor}
    for name, is_good in required.items():
        if name not in claims:
            raise TokenError("missing_claim")
        if not is_good(claims[name]):
            raise TokenError("invalid_claim")
    for name, is_good in optional.items():
        if name in claims and not is_good(claims[name]):
            raise TokenError("invalid_claim")


def _is_name(value):
    return isinstance(value, str) and value != ""


def _is_time(value):
    # True is an int in Python, and 1e999 a float.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 2**53


def _is_audience(value):
    return _is_name(value) or (isinstance(value, list) and value != [] and all(map(_is_name, value)))


def _audiences(aud):
    # A string is a container too: `in` would find "port" in "reports".
    return aud if isinstance(aud, list) else [aud]


def _is_kind(value):
    return isinstance(value, str) and value in KINDS


def _is_actor(value, depth=1):
    if not isinstance(value, dict) or depth > MAX_ACTOR_DEPTH or not _is_name(value.get("sub")):
        return False
    if "iss" in value and not _is_name(value["iss"]):
        return False
    return "act" not in value or _is_actor(value["act"], depth + 1)
