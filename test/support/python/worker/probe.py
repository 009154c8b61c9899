"""For the test alone: calls what it is told to, and answers with JSON, which holds plain values only."""

import base64
import json

from js import Map, Object
from pyodide.ffi import to_js
from sealgate_rpc import verify
from sealgate_tokens import TokenError, verify_eddsa, verify_hs512
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        order = json.loads(await request.text())
        answer = await getattr(self, order.pop("do"))(**order)
        return Response(json.dumps(answer))

    async def ask(self, token, audience, as_map=False):
        """What the gateway says of a token, as it comes over RPC."""
        converter = Map.new if as_map else Object.fromEntries
        request = to_js({"audience": audience}, dict_converter=converter)
        return (await self.env.GATEWAY_EXCHANGE.verify(token, request)).to_py()

    async def ask_as_sdk(self, token, audience):
        """The claims by `sealgate_rpc`, over a binding that gives dicts, as Cloudflare's SDK does."""

        class Binding:
            async def verify(_, *arguments):
                return (await self.env.GATEWAY_EXCHANGE.verify(*arguments)).to_py()

        return await verify(Binding(), token, audience)

    async def judge(self, tokens, expected, secret=None):
        """The module's verdict on each token: its claims, or the reason of the rejection."""
        if secret is not None:
            secret = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        jwks = (await self.env.GATEWAY_KEYS.getJwks()).to_py()
        verdicts = []
        for token in tokens:
            try:
                if secret is None:
                    verdicts.append(await verify_eddsa(token, jwks, **expected))
                else:
                    verdicts.append(verify_hs512(token, secret, **expected))
            except TokenError as error:
                verdicts.append(error.reason)
        return verdicts

