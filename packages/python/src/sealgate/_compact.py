"""Takes a compact JWS apart (RFC 7515 §7.1), strictly: nothing is decoded twice, nothing is guessed."""

from dataclasses import dataclass

from ._json import decode_base64url, parse_object
from .errors import TokenError

MAX_TOKEN_BYTES = 8192
MAX_KID_LENGTH = 256


@dataclass(frozen=True)
class CompactJws:
    """The parts of a token, not yet verified."""

    alg: str
    kid: str | None
    typ: str | None
    signing_input: bytes
    payload: bytes
    signature: bytes


def read_compact(token: object) -> CompactJws:
    """Three segments of canonical base64url, and a header without `crit` and `b64` (RFC 7515 §4.1.11).

    Raises TokenError `malformed`, `too_large`, `unsupported_crit`.
    """
    if not isinstance(token, str):
        raise TokenError("malformed", "it is no text")
    if len(token) > MAX_TOKEN_BYTES:
        raise TokenError("too_large", f"longer than {MAX_TOKEN_BYTES} bytes")
    # One more than fits: a token of dots alone is not taken apart to its end.
    parts = token.split(".", 3)
    if len(parts) != 3 or parts[0] == "":
        raise TokenError("malformed", "not three segments")
    header, payload, signature = (decode_base64url(part) for part in parts)
    if payload is None or signature is None:
        raise TokenError("malformed", "not canonical base64url")
    members = parse_object(header) if header is not None else None
    if members is None:
        raise TokenError("malformed", "the header is not a JSON object in canonical base64url")
    if "crit" in members or "b64" in members:
        raise TokenError("unsupported_crit", "the header has crit or b64")
    alg, kid, typ = members.get("alg"), members.get("kid"), members.get("typ")
    if not isinstance(alg, str):
        raise TokenError("malformed", "the header has no alg")
    if "kid" in members and not is_kid(kid):
        raise TokenError("malformed", f"kid is not a string of 1 to {MAX_KID_LENGTH} characters")
    if "typ" in members and not isinstance(typ, str):
        raise TokenError("malformed", "typ is not a string")
    signing_input = token[: len(parts[0]) + 1 + len(parts[1])].encode("ascii")
    return CompactJws(alg, kid, typ, signing_input, payload, signature)


def is_kid(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_KID_LENGTH
