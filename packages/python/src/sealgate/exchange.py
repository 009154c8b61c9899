"""Asks the gateway: it verifies, knows revocations, and issues tokens for the next hop."""

import sys
from collections.abc import Sequence
from typing import Any

from .errors import ConfigError, KeysUnavailableError, SealgateError, TokenError
from .verifier import Verifier


class GatewayError(SealgateError):
    """What the gateway rejected besides a token: `code` and `status` of its table (docs: Errors)."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class GatewayVerifier(Verifier):
    """Verifies by one RPC call to the gateway's entrypoint `Exchange`: no key here, and a revocation counts at once.

    exchange   the binding, `env.GATEWAY_EXCHANGE`
    audience   this service: what the binding's props name as `service`
    """

    def __init__(self, exchange: Any, audience: str) -> None:
        if not hasattr(exchange, "verify"):
            raise ConfigError("this is no service binding to the gateway's entrypoint Exchange: it has no verify()")
        self._exchange = exchange
        self._audience = audience

    async def verify(self, token: str) -> dict[str, Any]:
        """Raises TokenError, KeysUnavailableError; GatewayError when the binding itself is rejected."""
        result = await self._call("verify", token, {"audience": self._audience})
        return result["claims"]

    async def delegate(self, token: str, audience: str, permissions: Sequence[str] | None = None) -> str:
        """A token for the next hop: the same subject, this service as its actor, rights never wider."""
        request: dict[str, Any] = {"audience": audience}
        if permissions is not None:
            request["permissions"] = list(permissions)
        return (await self._call("delegate", token, request))["token"]

    async def _call(self, method: str, token: str, request: dict[str, Any]) -> dict[str, Any]:
        result = await getattr(self._exchange, method)(token, _to_object(request))
        if hasattr(result, "to_py"):
            result = result.to_py()
        if result["ok"] is True:
            return result
        code, status = result["code"], result["status"]
        if status == 401:
            # Which flaw it has stands in the gateway's log alone.
            raise TokenError(code, "by the gateway")
        if status == 503:
            raise KeysUnavailableError(f"the gateway: {code}", result.get("retryAfter", 1))
        raise GatewayError(code, status)


def _to_object(request: dict[str, Any]) -> Any:
    """Without the converter older runtimes make a Map of a dict, and the gateway finds nothing in it."""
    if sys.platform != "emscripten":
        return request
    from js import Object
    from pyodide.ffi import to_js

    return to_js(request, dict_converter=Object.fromEntries)
