"""Ed25519 and HMAC by the runtime: its WebCrypto in Pyodide, `cryptography` elsewhere."""

import hashlib
import hmac
import sys

if sys.platform == "emscripten":
    from ._crypto_js import verify_ed25519
else:
    from ._crypto_native import verify_ed25519

__all__ = ["verify_ed25519", "verify_hs512"]


def verify_hs512(secret: bytes, signature: bytes, data: bytes) -> bool:
    """In constant time for signatures of 64 bytes; no other length is good (RFC 7518 §3.2)."""
    return hmac.compare_digest(hmac.digest(secret, data, hashlib.sha512), signature)
