"""Ed25519 by the WebCrypto of the runtime that Pyodide runs in."""

from js import crypto
from pyodide.ffi import JsException, to_js

_SIGNATURE_BYTES = 64


async def verify_ed25519(point: bytes, signature: bytes, data: bytes) -> bool:
    """RFC 8032 §5.1.7. `point`: 32 bytes that passed `_jwk.point_problem`."""
    # workerd throws for another length.
    if len(signature) != _SIGNATURE_BYTES:
        return False
    usages = to_js(["verify"])
    try:
        key = await crypto.subtle.importKey("raw", to_js(point), "Ed25519", False, usages)
    except JsException:
        # 32 bytes that are no point of the curve.
        return False
    return bool(await crypto.subtle.verify("Ed25519", key, to_js(signature), to_js(data)))
