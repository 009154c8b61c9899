"""A service that asks the gateway who calls."""

import json

from sealgate_rpc import Rejected, permits, verify
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        scheme, _, token = (request.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            return denial(401, "Bearer")
        try:
            claims = await verify(self.env.GATEWAY_EXCHANGE, token, "reports")
        except Rejected as rejected:
            if rejected.status == 401:
                return denial(401, 'Bearer error="invalid_token"')
            # What is wrong with this Worker's own binding is not the caller's fault.
            return Response("", status=503 if rejected.status == 503 else 500)
        if not permits(claims, "read:reports"):
            return denial(403, 'Bearer error="insufficient_scope", scope="read:reports"')
        return Response(json.dumps({"sub": claims["sub"]}), headers={"Content-Type": "application/json"})


def denial(status, challenge):
    return Response("", status=status, headers={"WWW-Authenticate": challenge})
