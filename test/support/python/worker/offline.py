"""A service that verifies by itself, with the gateway's keys over a binding: no call for a request."""

import json

from entry import READER, denial
from sealgate import make_kit
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        decision = await make_kit(self.env).authorize(request.headers.get("Authorization"), READER)
        if not decision.granted:
            return denial(decision)
        return Response(json.dumps({"sub": decision.auth.sub}), headers={"Content-Type": "application/json"})
