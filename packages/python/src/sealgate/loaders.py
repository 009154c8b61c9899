"""How a JWK Set is fetched: over a service binding, or from a URL."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from .errors import ConfigError

_MAX_BYTES = 65_536
_TIMEOUT_SECONDS = 5
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def binding_jwks(binding: Any) -> Callable[[], Awaitable[Any]]:
    """From the gateway's entrypoint `Keys`, bound as a service. `binding`: `env.GATEWAY_KEYS`."""

    async def load() -> Any:
        jwks = await binding.getJwks()
        # Cloudflare's SDK makes a dict of it; Pyodide alone leaves it an object of JavaScript.
        return jwks.to_py() if hasattr(jwks, "to_py") else jwks

    return load


def url_jwks(url: str, label: str = "the URL") -> Callable[[], Awaitable[Any]]:
    """From an https URL (http on loopback alone). Redirects are not followed; at most 64 KiB in five seconds."""
    if not _is_jwks_url(url):
        raise ConfigError(f"{label} must be an https URL without credentials (http only on loopback)")
    fetch = _fetch_js if sys.platform == "emscripten" else _fetch_native

    async def load() -> Any:
        return json.loads(await fetch(url))

    return load


async def _fetch_native(url: str) -> bytes:
    return await asyncio.wait_for(asyncio.to_thread(_read_url, url), _TIMEOUT_SECONDS + 1)


def _read_url(url: str) -> bytes:
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class NoRedirect(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    request = Request(url, headers={"Accept": "application/json"})
    with build_opener(NoRedirect).open(request, timeout=_TIMEOUT_SECONDS) as response:
        body = response.read(_MAX_BYTES + 1)
    if len(body) > _MAX_BYTES:
        raise ValueError("the JWKS is too large")
    return body


async def _fetch_js(url: str) -> str:
    from js import AbortSignal, Object, fetch
    from pyodide.ffi import to_js

    options = {"redirect": "manual", "signal": AbortSignal.timeout(_TIMEOUT_SECONDS * 1000)}
    response = await fetch(url, to_js(options, dict_converter=Object.fromEntries))
    if response.status != 200:
        raise ValueError(f"the JWKS URL responded with {response.status}")
    text = await response.text()
    if len(text) > _MAX_BYTES:
        raise ValueError("the JWKS is too large")
    return str(text)


def _is_jwks_url(url: str) -> bool:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
