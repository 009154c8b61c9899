"""Ed25519 by `cryptography`."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


async def verify_ed25519(point: bytes, signature: bytes, data: bytes) -> bool:
    """RFC 8032 §5.1.7. `point`: 32 bytes that passed `_jwk.point_problem`."""
    try:
        Ed25519PublicKey.from_public_bytes(point).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
