"""The names of another kit."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
import unittest

from sealgate import ConfigError, check_auth, policy
from sealgate.adapters import apply_env_bindings

SECRET = bytes(range(64))
OTHER = bytes(range(64, 128))


def env(secret):
    return {
        "JWT_SECRET_NAME": "API_JWT_SECRET",
        "API_JWT_SECRET": base64.b64encode(secret).decode(),
        "JWT_ISS": "https://api.example.com",
        "JWT_AUD": "api.example.com",
        "JWT_TTL_SECONDS": "900",
    }


def token(secret, sub="ada"):
    now = int(time.time())
    claims = {"iss": "https://api.example.com", "aud": "api.example.com", "sub": sub, "iat": now, "exp": now + 900}
    encode = lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()  # noqa: E731
    signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS512", "typ": "JWT"}, claims))
    return f"{signed}.{encode(hmac.digest(secret, signed.encode(), hashlib.sha512))}"


class Adapters(unittest.IsolatedAsyncioTestCase):
    async def test_checks_by_the_environment_that_was_applied(self):
        apply_env_bindings(env(SECRET))
        auth = await check_auth(token(SECRET), **policy().build())
        self.assertEqual(auth["sub"], "ada")
        self.assertIsNone(await check_auth(token(OTHER), **policy().build()))
        self.assertIsNone(await check_auth("", **policy().need_all("read:reports").build()))

    async def test_never_mixes_two_environments(self):
        async def served(secret, sub):
            apply_env_bindings(env(secret))
            await asyncio.sleep(0)
            return (await check_auth(token(secret, sub)))["sub"]

        served_by = [served(SECRET, "ada"), served(OTHER, "bob")] * 5
        self.assertEqual(await asyncio.gather(*served_by), ["ada", "bob"] * 5)

    async def test_an_environment_that_is_wrong_says_so_when_it_is_applied(self):
        with self.assertRaises(ConfigError):
            apply_env_bindings({"JWT_ISS": "https://api.example.com"})
