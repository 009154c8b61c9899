"""The checks of an internal token whose signature is good, in the kit's order (RFC 7519 §4.1, RFC 9068 §4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ._json import is_number
from .errors import TokenError

MAX_ACTOR_DEPTH = 5
KINDS = ("user", "machine", "agent", "anonymous")


@dataclass(frozen=True)
class Expectation:
    """What claims are held against. Times in seconds."""

    issuer: str
    audiences: Sequence[str]
    leeway: float
    max_ttl: float


def check_claims(claims: dict[str, Any], expected: Expectation, now: float) -> dict[str, Any]:
    """Raises TokenError. `now`: seconds since the epoch."""
    _check_shape(claims)
    exp, iat, leeway = claims["exp"], claims["iat"], expected.leeway
    if exp <= iat:
        raise TokenError("invalid_claim", "exp is not after iat")
    if exp - iat > expected.max_ttl:
        raise TokenError("too_old", f"it lives longer than {expected.max_ttl} s")
    if iat > now + leeway:
        raise TokenError("issued_in_future", "iat is in the future")
    if exp <= now - leeway:
        raise TokenError("expired", "exp has passed")
    if claims.get("nbf", now) > now + leeway:
        raise TokenError("not_yet_valid", "nbf is in the future")
    if claims["iss"] != expected.issuer:
        raise TokenError("wrong_issuer", "iss is another issuer")
    aud = claims["aud"]
    # A string is a container too: `in` would find "port" in "reports".
    named = aud if isinstance(aud, list) else [aud]
    if not any(one in expected.audiences for one in named):
        raise TokenError("wrong_audience", "aud names nobody here")
    # What cannot be checked is rejected: this package hashes no request.
    if "req" in claims:
        raise TokenError("request_mismatch", "it is bound to a request")
    return claims


def _check_shape(claims: dict[str, Any]) -> None:
    for name, (is_required, is_good) in _SHAPE.items():
        if name not in claims:
            if is_required:
                raise TokenError("missing_claim", f"{name} is missing")
        elif not is_good(claims[name]):
            raise TokenError("invalid_claim", f"{name} has a wrong type or value")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_audience(value: object) -> bool:
    return _is_name(value) or (isinstance(value, list) and value != [] and all(map(_is_name, value)))


def _is_kind(value: object) -> bool:
    return isinstance(value, str) and value in KINDS


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_actor(value: object, depth: int = 1) -> bool:
    if not isinstance(value, dict) or depth > MAX_ACTOR_DEPTH or not _is_name(value.get("sub")):
        return False
    if "iss" in value and not _is_name(value["iss"]):
        return False
    return "act" not in value or _is_actor(value["act"], depth + 1)


# By name: whether it must be there, and what it must be. In the kit's order, which decides what flaw is named.
_SHAPE = {
    "sub": (True, _is_name),
    "exp": (True, is_number),
    "iat": (True, is_number),
    "nbf": (False, is_number),
    "jti": (False, _is_name),
    "iss": (True, _is_name),
    "aud": (True, _is_audience),
    "kind": (False, _is_kind),
    "auth_iat": (False, is_number),
    "act": (False, _is_actor),
    "email_verified": (False, _is_flag),
    "req": (False, _is_name),
    "offline": (False, _is_flag),
}
