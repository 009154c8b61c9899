"""A service that asks the gateway who calls."""

import json

from sealgate_rpc import Refused, permits, verify
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        scheme, _, token = (request.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            return refusal(401, "Bearer")
        try:
            claims = await verify(self.env.GATEWAY_EXCHANGE, token, "reports")
        except Refused as refused:
            if refused.status == 401:
                return refusal(401, 'Bearer error="invalid_token"')
            # What is wrong with this Worker's own binding is not the caller's fault.
            return Response("", status=503 if refused.status == 503 else 500)
        if not permits(claims, "read:reports"):
            return refusal(403, 'Bearer error="insufficient_scope", scope="read:reports"')
        return Response(json.dumps({"sub": claims["sub"]}), headers={"Content-Type": "application/json"})


def refusal(status, challenge):
    return Response("", status=status, headers={"WWW-Authenticate": challenge})
