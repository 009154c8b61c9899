"""A service that asks the gateway who calls."""

import json

from sealgate import GatewayVerifier, policy
from workers import Response, WorkerEntrypoint

READER = policy().need_all("read:reports").build()


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        verifier = GatewayVerifier(self.env.GATEWAY_EXCHANGE, "reports")
        decision = await verifier.authorize(request.headers.get("Authorization"), READER)
        if not decision.granted:
            return denial(decision)
        return Response(json.dumps({"sub": decision.auth.sub}), headers={"Content-Type": "application/json"})


def denial(decision):
    headers = {"Retry-After": str(decision.retry_after)} if decision.status == 503 else {
        "WWW-Authenticate": decision.challenge
    }
    return Response("", status=decision.status, headers=headers)
