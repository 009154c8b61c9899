"""The dependency, in an app that is called as a server calls it."""

import asyncio
import base64
import json
import unittest
from unittest import mock

import example_fastapi
from fastapi import Depends, FastAPI

from sealgate import Auth, ConfigError, GatewayVerifier, KeysUnavailableError, TokenError, Verifier, policy
from sealgate.fastapi import guard

READER = policy().need_all("read:reports").build()


class Known(Verifier):
    """Knows tokens by name."""

    async def verify(self, token):
        if token == "down":
            raise KeysUnavailableError("down", 7)
        if token not in ("reader", "other", "anonymous"):
            raise TokenError("bad_signature")
        permissions = ["read:reports"] if token == "reader" else []
        kind = "anonymous" if token == "anonymous" else "user"
        return {"iss": "i", "sub": token, "kind": kind, "permissions": permissions}


app = FastAPI()


@app.get("/reports")
async def reports(caller: Auth = Depends(guard(READER, verifier=Known()))) -> dict[str, str]:  # noqa: B008
    return {"sub": caller.sub}


def get(*authorization: str, of=app, env=None) -> tuple[int, dict[str, str], object]:
    """One GET of an app, with so many Authorization headers, and the env that a Worker puts into the scope."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/reports",
        "raw_path": b"/reports",
        "root_path": "",
        "scheme": "https",
        "query_string": b"",
        "headers": [(b"authorization", value.encode()) for value in authorization],
        "client": ("127.0.0.1", 1),
        "server": ("reports.test", 443),
    }
    asyncio.run(of(scope | ({} if env is None else {"env": env}), receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, json.loads(sent[1]["body"])


class Guard(unittest.TestCase):
    def test_lets_in_who_passes_the_policy(self):
        self.assertEqual(get("Bearer reader")[::2], (200, {"sub": "reader"}))
        self.assertEqual(get("bearer  reader")[0], 200)

    def test_denies_as_the_kit_does(self):
        rows = [
            ([], 401, "Bearer"),
            (["Basic YTpi"], 401, "Bearer"),
            (["Bearer forged"], 401, 'Bearer error="invalid_token"'),
            (["Bearer anonymous"], 401, 'Bearer error="invalid_token"'),
            (["Bearer other"], 403, 'Bearer error="insufficient_scope"'),
            (["Bearer"], 400, 'Bearer error="invalid_request"'),
            (["Bearer a b"], 400, 'Bearer error="invalid_request"'),
            (["Bearer reader", "Bearer reader"], 400, 'Bearer error="invalid_request"'),
            (["Basic YTpi", "Bearer reader"], 400, 'Bearer error="invalid_request"'),
        ]
        for headers, status, challenge in rows:
            with self.subTest(headers):
                found, sent, body = get(*headers)
                self.assertEqual(found, status)
                self.assertTrue(sent["www-authenticate"].startswith(challenge), sent)
                self.assertEqual(sent["cache-control"], "no-store")
                self.assertEqual(set(body["detail"]), {"error", "error_description"})

    def test_an_outage_is_503_and_logs_nobody_out(self):
        status, headers, body = get("Bearer down")
        self.assertEqual((status, headers["retry-after"]), (503, "7"))
        self.assertEqual(body["detail"]["error"], "temporarily_unavailable")

    def test_takes_the_kit_of_the_worker_or_of_the_process(self):
        secret = base64.b64encode(bytes(64)).decode()
        env = {"JWT_ISS": "https://gateway.internal", "JWT_AUD": "reports", "JWT_SECRET": secret}
        self.assertEqual(get("Bearer a.b.c", of=example_fastapi.app, env=env)[0], 401)
        with mock.patch.dict("os.environ", env):
            self.assertEqual(get("Bearer a.b.c", of=example_fastapi.app)[0], 401)
        with self.assertRaises(ConfigError):
            get("Bearer a.b.c", of=example_fastapi.app, env={})

    def test_a_policy_that_is_none_is_a_mistake(self):
        with self.assertRaises(ConfigError):
            guard(None)


class Exchange:
    """The gateway's entrypoint, as far as a caller sees it."""

    def __init__(self, result):
        self.result = result
        self.calls = []

    async def verify(self, token, request):
        self.calls.append((token, request))
        return self.result

    delegate = verify


class ByTheGateway(unittest.IsolatedAsyncioTestCase):
    async def test_verifies_and_delegates(self):
        claims = {"iss": "i", "sub": "ada", "permissions": ["read:reports"]}
        exchange = Exchange({"ok": True, "claims": claims})
        auth = await GatewayVerifier(exchange, "reports").check_auth("a.b.c", READER)
        self.assertEqual((auth.sub, exchange.calls), ("ada", [("a.b.c", {"audience": "reports"})]))
        exchange = Exchange({"ok": True, "token": "next"})
        self.assertEqual(await GatewayVerifier(exchange, "reports").delegate("a.b.c", "archive", ["read:a"]), "next")
        self.assertEqual(exchange.calls[0][1], {"audience": "archive", "permissions": ["read:a"]})

    async def test_tells_a_bad_token_from_an_outage(self):
        rows = [
            ({"ok": False, "code": "invalid_token", "status": 401}, 401),
            ({"ok": False, "code": "keys_unavailable", "status": 503, "retryAfter": 3}, 503),
        ]
        for result, status in rows:
            decision = await GatewayVerifier(Exchange(result), "reports").authorize("Bearer a.b.c")
            self.assertEqual(decision.status, status)

    async def test_a_null_of_javascript_is_no_header(self):
        decision = await GatewayVerifier(Exchange({}), "reports").authorize(object())
        self.assertEqual((decision.status, decision.challenge), (401, "Bearer"))

    async def test_needs_a_binding(self):
        with self.assertRaises(ConfigError):
            GatewayVerifier(object(), "reports")
