"""Makes a kit of the same variables that the kit in JavaScript reads (docs: Environment)."""

import json
import os
from collections.abc import Mapping
from typing import Any

from ._json import decode_base64url
from ._pasted import parse_jwk, secret_bytes
from .errors import ConfigError
from .keys import JWKS_MAX_STALE, JWKS_TTL, JwksKeys, KeySource, StaticKeys
from .loaders import binding_jwks, url_jwks
from .verifier import DEFAULT_LEEWAY, DEFAULT_MAX_TTL, MAX_LEEWAY, Kit

_DAY = 86_400
_MAX_KITS = 16

#: What is read of an environment, in this order.
VARIABLES = (
    "JWT_ISS",
    "JWT_AUD",
    "JWT_SECRET",
    "JWT_SECRET_NAME",
    "JWT_PUBLIC_JWK",
    "JWT_PUBLIC_JWK_NAME",
    "JWT_JWKS_SERVICE_NAME",
    "JWT_JWKS_URL",
    "JWT_LEEWAY",
    "JWT_MAX_TTL_SECONDS",
    "JWT_JWKS_CACHE_TTL_SECONDS",
    "JWT_JWKS_MAX_STALE_SECONDS",
    "JWT_ALLOWED_THUMBPRINTS",
    "JWT_DENIED_THUMBPRINTS",
)


class _Binding:
    """The binding of the request that is served: a kit outlives requests, what a request was given may not."""

    def __init__(self, target: Any) -> None:
        self.target = target

    async def getJwks(self) -> Any:  # noqa: N802 — the gateway's name
        return await self.target.getJwks()


_kits: dict[tuple[str | None, ...], tuple[Kit, _Binding | None]] = {}


def make_kit(env: Any = None) -> Kit:
    """The kit that an environment describes: the same again for the same settings, with its cache.

    `env`: a mapping, or the `env` of a Worker. Default: `os.environ`. Raises ConfigError naming the variable and the fix.
    """
    env = os.environ if env is None else env
    read = _reader(env)
    _reject_unsupported(read)
    values = {name: read(name) for name in VARIABLES}
    secrets = _named(read, values, "JWT_SECRET", is_list=True)
    jwks = _named(read, values, "JWT_PUBLIC_JWK")
    texts = [values[name] for name in VARIABLES] + [text for _, text in (*secrets, *jwks)]
    key = tuple(None if text is None else str(text) for text in texts)
    service = values["JWT_JWKS_SERVICE_NAME"]
    target = _service(read, service) if service is not None else None
    if key in _kits:
        kit, binding = _kits[key]
        if binding is not None:
            binding.target = target
        return kit
    binding = None if target is None else _Binding(target)
    kit = _make(values, secrets, jwks, binding)
    if len(_kits) >= _MAX_KITS:
        _kits.pop(next(iter(_kits)))
    _kits[key] = (kit, binding)
    return kit


_Named = list[tuple[str, Any]]


def _make(values: dict[str, Any], secrets: _Named, jwks: _Named, binding: _Binding | None) -> Kit:
    url = values["JWT_JWKS_URL"]
    sources = [
        label
        for label, is_there in (
            ("JWT_SECRET", secrets),
            ("JWT_PUBLIC_JWK", jwks),
            ("JWT_JWKS_SERVICE_NAME", binding),
            ("JWT_JWKS_URL", url),
        )
        if is_there
    ]
    if not sources:
        raise ConfigError(
            "no key to verify with: set one of JWT_SECRET, JWT_PUBLIC_JWK, JWT_JWKS_SERVICE_NAME, JWT_JWKS_URL"
        )
    if len(sources) > 1:
        raise ConfigError(f"{' and '.join(sources)} are both set: keys come from one source. Remove one")
    cache = {
        "ttl": _number(values, "JWT_JWKS_CACHE_TTL_SECONDS", JWKS_TTL, 1, _DAY),
        "max_stale": _number(values, "JWT_JWKS_MAX_STALE_SECONDS", JWKS_MAX_STALE, 0, _DAY),
    }
    keys: KeySource | None = None
    if jwks:
        label, text = jwks[0]
        keys = StaticKeys(parse_jwk(str(text), label), label)
    elif binding is not None:
        keys = JwksKeys(binding_jwks(binding), **cache)
    elif url is not None:
        keys = JwksKeys(url_jwks(str(url).strip(), "JWT_JWKS_URL"), **cache)
    return Kit(
        issuer=_text(values, "JWT_ISS", "the issuer of your tokens, for example https://gateway.internal"),
        audience=_audiences(values),
        keys=keys,
        secrets=[secret_bytes(str(text), label) for label, text in secrets],
        leeway=_number(values, "JWT_LEEWAY", DEFAULT_LEEWAY, 0, MAX_LEEWAY),
        max_ttl=_number(values, "JWT_MAX_TTL_SECONDS", DEFAULT_MAX_TTL, 1, _DAY),
        allowed=_thumbprints(values, "JWT_ALLOWED_THUMBPRINTS"),
        denied=_thumbprints(values, "JWT_DENIED_THUMBPRINTS"),
    )


def _reject_unsupported(read: Any) -> None:
    """What is set and would be ignored must not be believed in."""
    if read("JWT_DENYLIST_NAME") is not None:
        raise ConfigError(
            "JWT_DENYLIST_NAME is set, and this package reads no deny-list: verify by GatewayVerifier, or remove it"
        )
    if read("JWT_PRIVATE_JWK") is not None or read("JWT_PRIVATE_JWK_NAME") is not None:
        raise ConfigError("JWT_PRIVATE_JWK is set, and this package does not sign: a verifier holds no private key")


def _reader(env: Any) -> Any:
    """Reads a member of a mapping, or of an object of JavaScript. An empty text counts as none."""

    def read(name: str) -> Any:
        value = env.get(name) if isinstance(env, Mapping) else getattr(env, name, None)
        return None if value is None or (isinstance(value, str) and value.strip() == "") else value

    return read


def _named(read: Any, values: dict[str, Any], variable: str, is_list: bool = False) -> _Named:
    """A value that stands in the variable itself, or under the name that `<variable>_NAME` gives."""
    own, pointer = values[variable], values[f"{variable}_NAME"]
    if own is not None and pointer is not None:
        raise ConfigError(f"{variable} and {variable}_NAME are both set: remove one")
    if pointer is None:
        return [] if own is None else [(variable, own)]
    names = _split(str(pointer)) if is_list else [str(pointer).strip()]
    found = [(name, read(name)) for name in names]
    present = [(name, value) for name, value in found if value is not None]
    if not present:
        raise ConfigError(f"{variable}_NAME names {', '.join(names)}, and nothing is set there")
    return present


def _service(read: Any, name: str) -> Any:
    binding = read(str(name).strip())
    if binding is None:
        raise ConfigError(f"JWT_JWKS_SERVICE_NAME names {name}, and there is no such binding")
    if not hasattr(binding, "getJwks"):
        raise ConfigError(f"{name} is not a service binding to the gateway's entrypoint Keys: it has no getJwks()")
    return binding


def _text(values: dict[str, Any], variable: str, what: str) -> str:
    value = values[variable]
    if value is None:
        raise ConfigError(f"{variable} is not set: set it to {what}")
    return str(value).strip()


def _audiences(values: dict[str, Any]) -> list[str]:
    text = _text(values, "JWT_AUD", "the name of this service, as tokens carry it in aud")
    return _list(text, "JWT_AUD")


def _list(text: str, label: str) -> list[str]:
    if not text.startswith("["):
        return _split(text)
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry.strip() for entry in value):
        raise ConfigError(f"{label} begins like a JSON array of names, but is none")
    return [entry.strip() for entry in value]


def _split(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def _number(values: dict[str, Any], variable: str, default: int, least: int, most: int) -> int:
    value = values[variable]
    if value is None:
        return default
    text = str(value).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if not least <= number <= most:
        raise ConfigError(f"{variable} must be a whole number from {least} to {most}")
    return number


def _thumbprints(values: dict[str, Any], variable: str) -> list[str]:
    value = values[variable]
    if value is None:
        return []
    names = _list(str(value).strip(), variable)
    if not names:
        raise ConfigError(f"{variable} is set, but names nothing: name a key, or remove it")
    if not all(len(name) == 43 and decode_base64url(name) is not None for name in names):
        raise ConfigError(
            f"{variable} must be RFC 7638 thumbprints (43 characters); see: npx kit-keygen thumbprint FILE"
        )
    return names
