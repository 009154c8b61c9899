"""Verifies internal tokens with keys in hand, or by the gateway, and holds callers against policies."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from ._bearer import read_bearer
from ._claims import Expectation, check_claims
from ._compact import CompactJws, read_compact
from ._crypto import verify_ed25519, verify_hs512
from ._json import parse_object
from .auth import Auth, Decision, denial, outage
from .errors import ConfigError, KeysUnavailableError, TokenError
from .keys import KeySource
from .policy import Policy

#: Seconds of clock tolerance, and the most that is allowed.
DEFAULT_LEEWAY, MAX_LEEWAY = 90, 300
#: Seconds: the most that is accepted as `exp − iat`.
DEFAULT_MAX_TTL = 3600
MIN_SECRET_BYTES = 64

_ED25519_SIGNATURE_BYTES = 64
_ANY = Policy()


class Verifier(ABC):
    """What verifies a token, whatever it verifies by."""

    @abstractmethod
    async def verify(self, token: str) -> dict[str, Any]:
        """The claims of a token that is good here.

        Raises TokenError with the reason; KeysUnavailableError for an outage, which is no verdict on the token.
        """

    async def check_auth(self, token: str | None, policy: Policy = _ANY) -> Auth | None:
        """The caller if the token is good and the policy passes, else None. Raises KeysUnavailableError for outages."""
        _check_policy(policy)
        try:
            return (await self._decide(token, policy)).auth
        except TokenError:
            return None

    async def authorize(self, header: str | None, policy: Policy = _ANY) -> Decision:
        """A decision on the value of an `Authorization` header, with status and challenge. Outages are a 503."""
        _check_policy(policy)
        token = read_bearer(header)
        if isinstance(token, Decision):
            return token
        try:
            return await self._decide(token, policy)
        except TokenError as error:
            return denial(401, error.reason)
        except KeysUnavailableError as error:
            return outage(error.retry_after)

    async def _decide(self, token: str | None, policy: Policy) -> Decision:
        if not token:
            return denial(401, "no_credentials")
        auth = Auth.of(await self.verify(token))
        if auth.kind == "anonymous" and not policy.allows_anonymous:
            return denial(401, "anonymous")
        failed = await policy.failed(auth)
        return denial(403, "insufficient_rights", failed) if failed else Decision(True, auth)


class Kit(Verifier):
    """Verifies under one configuration: one algorithm, one issuer, one source of keys.

    keys      public keys (EdDSA): `StaticKeys` or `JwksKeys`
    secrets   shared secrets (HS512) of at least 64 bytes, of which each verifies; in place of `keys`
    leeway    seconds, 0 to 300
    max_ttl   seconds: the most that is accepted as `exp − iat`
    allowed   RFC 7638 thumbprints of the only keys that count; empty: all of the source's
    denied    those of keys that never count
    now       seconds since the epoch
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str | Sequence[str],
        keys: KeySource | None = None,
        secrets: Sequence[bytes] = (),
        leeway: float = DEFAULT_LEEWAY,
        max_ttl: float = DEFAULT_MAX_TTL,
        allowed: Sequence[str] = (),
        denied: Sequence[str] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        audiences = [audience] if isinstance(audience, str) else list(audience)
        if not issuer or not audiences or not all(audiences):
            raise ConfigError("issuer and audience are not set: the gateway's issuer, and the name of this service")
        if (keys is None) == (not secrets):
            raise ConfigError("give keys (EdDSA) or secrets (HS512): a verifier accepts one algorithm")
        if any(len(secret) < MIN_SECRET_BYTES for secret in secrets):
            raise ConfigError(f"a secret for HS512 has at least {MIN_SECRET_BYTES} bytes (RFC 7518 §3.2)")
        if not 0 <= leeway <= MAX_LEEWAY:
            raise ConfigError(f"leeway is 0 to {MAX_LEEWAY} seconds")
        if secrets and allowed:
            raise ConfigError("allowed pins public keys and means nothing for secrets: remove one")
        self._expected = Expectation(issuer, audiences, leeway, max_ttl)
        self._keys = keys
        self._secrets = tuple(secrets)
        self._allowed = frozenset(allowed)
        self._denied = frozenset(denied)
        self._now = now

    async def verify(self, token: str) -> dict[str, Any]:
        jws = read_compact(token)
        if jws.alg not in (("HS512",) if self._keys is None else ("EdDSA", "Ed25519")):
            raise TokenError("unsupported_alg", "this kit accepts another algorithm alone")
        if jws.typ not in (None, "JWT"):
            raise TokenError("wrong_type", "the header has another typ")
        await (self._check_secret(jws) if self._keys is None else self._check_signature(jws, self._keys))
        claims = parse_object(jws.payload)
        if claims is None:
            raise TokenError("malformed", "the payload is not a JSON object in UTF-8")
        return check_claims(claims, self._expected, self._now())

    async def _check_secret(self, jws: CompactJws) -> None:
        # All are tried, whichever is right: how long it takes says nothing.
        good = [verify_hs512(secret, jws.signature, jws.signing_input) for secret in self._secrets]
        if not any(good):
            raise TokenError("bad_signature", "the signature does not match")

    async def _check_signature(self, jws: CompactJws, source: KeySource) -> None:
        problem = "unsupported_alg"
        for key in await source.find(jws.kid):
            if jws.alg not in key.algs:
                continue
            if key.thumbprint in self._denied or (self._allowed and key.thumbprint not in self._allowed):
                problem = "denied_key"
                continue
            is_whole = len(jws.signature) == _ED25519_SIGNATURE_BYTES
            if is_whole and await verify_ed25519(key.point, jws.signature, jws.signing_input):
                return
            problem = problem if problem == "denied_key" else "bad_signature"
        raise TokenError(problem)


def _check_policy(policy: object) -> None:
    """A policy that is None because its import failed must not become "any verified caller"."""
    if not isinstance(policy, Policy):
        raise ConfigError("this is no policy: make one with policy().need_all(…)")
