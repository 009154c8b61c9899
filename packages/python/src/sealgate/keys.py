"""Where the keys to verify with come from."""

import inspect
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from ._jwk import PublicKey, keys_by_kid, read_public_jwk
from .errors import ConfigError, KeysUnavailableError, TokenError

#: Seconds that a fetched JWK Set is fresh: the five-minute promise.
JWKS_TTL = 300
#: Seconds past that in which the last good set serves while fetches fail.
JWKS_MAX_STALE = 900
#: Seconds in which at most one refetch for unknown `kid`s happens.
JWKS_COOLDOWN = 30
JWKS_MAX_KEYS = 64

_BACKOFF_MIN, _BACKOFF_MAX = 1, 60

Jwks = Mapping[str, Any]
Load = Callable[[], Jwks | Awaitable[Jwks]]


class KeySource(Protocol):
    """Public keys by `kid`."""

    async def find(self, kid: str | None) -> Sequence[PublicKey]:
        """Raises TokenError `missing_kid`, `unknown_kid`; KeysUnavailableError for outages."""
        ...


class StaticKeys:
    """Keys that stand in the configuration: a JWK, or a JWK Set."""

    def __init__(self, value: Jwks, label: str = "the JWK") -> None:
        jwks = value["keys"] if isinstance(value.get("keys"), list) else [value]
        if not jwks:
            raise ConfigError(f"{label} is a JWK Set without keys")
        keys = []
        for jwk in jwks:
            key = read_public_jwk(jwk)
            if isinstance(key, str):
                raise ConfigError(f"{label} is not usable: {key}")
            keys.append(key)
        self._keys, ambiguous = keys_by_kid(keys)
        if ambiguous:
            raise ConfigError(f"{label} has two different keys with one kid: give each a kid of its own")

    async def find(self, kid: str | None) -> Sequence[PublicKey]:
        return _pick(self._keys, kid)


class JwksKeys:
    """A gateway's JWK Set, fetched when needed and kept for five minutes.

    `load` gives the set as a dict, or an awaitable of it: `binding_jwks(env.GATEWAY_KEYS)`, or `url_jwks("https://…")`. Nothing
    is awaited across requests: two that find nothing fetch twice, and neither waits for the other.
    """

    def __init__(
        self,
        load: Load,
        *,
        ttl: float = JWKS_TTL,
        max_stale: float = JWKS_MAX_STALE,
        cooldown: float = JWKS_COOLDOWN,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._load = load
        self._ttl = ttl
        self._max_stale = max_stale
        self._cooldown = cooldown
        self._now = now
        self._keys: dict[str, list[PublicKey]] = {}
        self._fetched_at = float("-inf")
        self._refetched_at = float("-inf")
        self._problem: str | None = None
        self._retry_at = float("-inf")
        self._pause = 0.0

    async def find(self, kid: str | None) -> Sequence[PublicKey]:
        if kid is None:
            raise TokenError("missing_kid", "the header has no kid")
        now = self._now()
        if now >= self._fetched_at + self._ttl:
            await self._refresh(now)
        found = self._keys.get(kid)
        if found:
            return found
        if self._fetched_at < now and now >= self._refetched_at + self._cooldown:
            self._refetched_at = now
            await self._fetch(now)
            found = self._keys.get(kid)
            if found:
                return found
        # While nothing can be fetched, or nothing is published, absence says nothing about the token.
        if self._problem is not None or not self._keys:
            raise KeysUnavailableError(
                "no key has this kid, and the JWKS is empty or cannot be fetched",
                self._refetched_at + self._cooldown - now,
            )
        raise TokenError("unknown_kid", "no key has this kid")

    async def _refresh(self, now: float) -> None:
        """A new set, or the last good one for a bounded time. Raises KeysUnavailableError."""
        is_fresh = now >= self._retry_at and await self._fetch(now)
        if is_fresh or now < self._fetched_at + self._ttl + self._max_stale:
            return
        raise KeysUnavailableError(self._problem or "the JWKS cannot be fetched", self._retry_at - now)

    async def _fetch(self, now: float) -> bool:
        try:
            found = self._load()
            value = await found if inspect.isawaitable(found) else found
            self._keys = _read_set(value)
        except Exception as error:  # noqa: BLE001 — whatever a network or a binding raises is an outage
            self._pause = min(max(self._pause * 2, _BACKOFF_MIN), _BACKOFF_MAX)
            self._retry_at = now + self._pause
            self._problem = f"the JWKS cannot be fetched: {type(error).__name__}"
            return False
        self._fetched_at, self._problem, self._pause = now, None, 0.0
        return True


def _read_set(value: object) -> dict[str, list[PublicKey]]:
    """Keys that are unusable or ambiguous are skipped; a set of those alone is an error (RFC 7517 §5)."""
    jwks = value.get("keys") if isinstance(value, Mapping) else None
    if not isinstance(jwks, list):
        raise ValueError("the JWKS has no keys array")
    if len(jwks) > JWKS_MAX_KEYS:
        raise ValueError(f"the JWKS has more than {JWKS_MAX_KEYS} keys")
    read = [read_public_jwk(jwk) for jwk in jwks]
    usable, ambiguous = keys_by_kid(key for key in read if isinstance(key, PublicKey))
    if not usable and (ambiguous or jwks):
        raise ValueError("the JWKS has no usable key")
    return usable


def _pick(keys: Mapping[str, list[PublicKey]], kid: str | None) -> Sequence[PublicKey]:
    if kid is None:
        raise TokenError("missing_kid", "the header has no kid")
    found = keys.get(kid)
    if not found:
        raise TokenError("unknown_kid", "no key has this kid")
    return found
