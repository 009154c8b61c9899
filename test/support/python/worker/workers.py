"""Stands in for the part of Cloudflare's module `workers` that is used here."""

from js import Object
from js import Response as JsResponse
from pyodide.ffi import to_js


class WorkerEntrypoint:
    def __init__(self, env):
        self.env = env


def Response(body, status=200, headers=None):
    init = {"status": status, "headers": headers or {}}
    return JsResponse.new(body, to_js(init, dict_converter=Object.fromEntries))
