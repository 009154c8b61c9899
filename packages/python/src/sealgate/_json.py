"""JSON and base64url as tokens have them: strictly, where Python's own readers are lenient."""

import base64
import binascii
import json
import math
import re
from typing import Any

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")

# JavaScript reads a number of any length as a double; `int` would take time for it, and raise from 4,300 digits on.
_MAX_DIGITS = 308


def decode_base64url(text: str) -> bytes | None:
    """The bytes, or None unless `text` is their one canonical spelling (RFC 4648 §3.5, §5)."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return raw if encode_base64url(raw) == text else None


def encode_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def parse_object(raw: bytes) -> dict[str, Any] | None:
    """A JSON object in UTF-8, or None. `json.loads` alone guesses UTF-16, and takes NaN and Infinity."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_reject_constant, parse_int=_parse_int)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_number(value: object) -> bool:
    """A finite number. True is an `int` in Python, and 1e999 a `float`."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


def _reject_constant(name: str) -> None:
    raise ValueError(name)
