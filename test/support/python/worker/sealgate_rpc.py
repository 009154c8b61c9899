"""Verifies Sealgate's internal tokens by asking the gateway over a service binding."""

from js import Object
from pyodide.ffi import to_js


class Rejected(Exception):
    """The gateway's `code` and `status`: 401 for the token, 403 for the binding, 5xx when it cannot tell."""

    def __init__(self, code, status):
        super().__init__(code)
        self.code = code
        self.status = status


async def verify(exchange, token, audience):
    """The claims, as a dict, of a token that is meant for this service.

    `exchange` is the binding of the gateway's entrypoint `Exchange`. `audience` is what its props name as
    `service`. Raises Rejected.
    """
    # Without the converter older runtimes make a Map of a dict, and the gateway finds no audience in it.
    request = to_js({"audience": audience}, dict_converter=Object.fromEntries)
    answer = await exchange.verify(token, request)
    if hasattr(answer, "to_py"):
        answer = answer.to_py()
    if answer["ok"] is not True:
        raise Rejected(answer["code"], answer["status"])
    return answer["claims"]


def permits(claims, permission):
    """Whether a list of permissions names this one. `in` alone would also find it inside of a string."""
    permissions = claims.get("permissions")
    return isinstance(permissions, list) and permission in permissions
