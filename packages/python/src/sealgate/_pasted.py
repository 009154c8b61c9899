"""Reads settings as tools write them and people paste them. What may be meant in two ways is not read at all."""

import json
import re
from typing import Any

from ._json import decode_base64url
from .errors import ConfigError

MIN_SECRET_BYTES = 64

_HEX = re.compile(r"([0-9a-fA-F]{2})+")


def unwrapped(text: str) -> str:
    """Text without white space and a byte order mark at its ends, and without one pair of quotes."""
    bare = text.strip().strip("\ufeff").strip()
    is_quoted = len(bare) > 1 and bare[0] in "\"'" and bare[-1] == bare[0]
    return bare[1:-1].strip() if is_quoted else bare


def secret_bytes(text: str, label: str) -> bytes:
    """base64url or base64 in one alphabet, in one line or the lines of `openssl`; or `hex:` and digits.

    Raises ConfigError, which quotes nothing.
    """
    found = _secret_bytes(text)
    if isinstance(found, str):
        raise ConfigError(f"{label} is no secret: {found}. Make a secret with: npx kit-keygen secret")
    if len(found) < MIN_SECRET_BYTES:
        raise ConfigError(
            f"{label} is too short for HS512: it needs {MIN_SECRET_BYTES} bytes and has {len(found)} (RFC 7518 §3.2)."
            " Make a secret with: npx kit-keygen secret"
        )
    return found


def _secret_bytes(text: str) -> bytes | str:
    lines = re.split(r"\r?\n", unwrapped(text.replace("\\n", "\n")))
    if not _is_wrapped(lines):
        return "its lines are not of 64 or 76 characters"
    plain = "".join(lines)
    is_hex = plain.startswith("hex:")
    digits = plain[4:] if is_hex else plain
    if is_hex or len(digits) >= 2 * MIN_SECRET_BYTES:
        is_digits = _HEX.fullmatch(digits) is not None
        if is_hex:
            return bytes.fromhex(digits) if is_digits else "it is not hexadecimal"
        if is_digits:
            return "it looks hexadecimal: write hex: in front of it"
    if re.search("[+/]", plain) and re.search("[-_]", plain):
        return "it mixes base64 and base64url"
    body = re.sub(r"={1,2}\Z", "", plain)
    if body != plain and len(plain) % 4 != 0:
        return "its padding does not fit its length"
    raw = decode_base64url(body.replace("+", "-").replace("/", "_"))
    return "it is neither base64url nor base64" if raw is None else raw


def _is_wrapped(lines: list[str]) -> bool:
    """One line, or lines of one width; the last one may be shorter."""
    width, last = len(lines[0]), len(lines) - 1
    if last == 0:
        return True
    return width in (64, 76) and all(
        len(line) <= width if index == last else len(line) == width for index, line in enumerate(lines)
    )


def parse_jwk(text: str, label: str) -> dict[str, Any]:
    """A JSON object as it is, or in quotes with its own quotes and line breaks escaped. Raises ConfigError."""
    for candidate in (text.strip(), unwrapped(text).replace("\\n", " ").replace('\\"', '"')):
        try:
            value = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(value, dict):
            return value
    raise ConfigError(f"{label} is not a JWK or JWK Set in JSON; see: npx kit-keygen public FILE")
