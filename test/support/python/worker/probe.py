"""For the test alone: calls what it is told to, and responds with JSON, which holds plain values only."""

import json

import judge
from js import Map, Object
from pyodide.ffi import to_js
from sealgate import GatewayError, GatewayVerifier, TokenError
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        order = json.loads(await request.text())
        name = order.pop("do")
        result = await getattr(self if hasattr(self, name) else judge, name)(**order)
        return Response(json.dumps(result))

    async def call(self, token, audience, as_map=False):
        """What the entrypoint itself returns."""
        converter = Map.new if as_map else Object.fromEntries
        request = to_js({"audience": audience}, dict_converter=converter)
        return (await self.env.GATEWAY_EXCHANGE.verify(token, request)).to_py()

    async def verify(self, token, audience, as_sdk=False):
        """The claims by the package, or what it raised; over a binding that gives dicts, as Cloudflare's SDK does."""
        binding = AsSdk(self.env.GATEWAY_EXCHANGE) if as_sdk else self.env.GATEWAY_EXCHANGE
        try:
            return await GatewayVerifier(binding, audience).verify(token)
        except TokenError as error:
            return {"reason": error.reason}
        except GatewayError as error:
            return {"code": error.code, "status": error.status}

    async def delegate(self, token, audience, permissions=None):
        return await GatewayVerifier(self.env.GATEWAY_EXCHANGE, "reports").delegate(token, audience, permissions)


class AsSdk:
    def __init__(self, exchange):
        self.exchange = exchange

    async def verify(self, *arguments):
        return (await self.exchange.verify(*arguments)).to_py()
