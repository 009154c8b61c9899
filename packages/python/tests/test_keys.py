"""The JWK Set cache, and which keys of a set count."""

import unittest

from sealgate import ConfigError, JwksKeys, KeysUnavailableError, StaticKeys, TokenError, url_jwks

X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
OTHER_X = "eYFV1YMj3VbjOsGa5WmeixkNS6BKDZ8lUGbWfM_7dgM"


def jwk(kid="a", x=X, **members):
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, **members}


class Gateway:
    """A JWKS that can change and fail, and a clock."""

    def __init__(self):
        self.jwks = {"keys": [jwk()]}
        self.fetches = 0
        self.is_down = False
        self.time = 1000.0

    def keys(self):
        return JwksKeys(self.load, now=lambda: self.time)

    async def load(self):
        self.fetches += 1
        if self.is_down:
            raise OSError("down")
        return self.jwks


async def reason(source, kid):
    try:
        return [key.kid for key in await source.find(kid)]
    except TokenError as error:
        return error.reason
    except KeysUnavailableError as error:
        return error.retry_after


class JwksCache(unittest.IsolatedAsyncioTestCase):
    async def test_fetches_once_in_five_minutes(self):
        gateway = Gateway()
        keys = gateway.keys()
        for seconds in (0, 100, 199.9):
            gateway.time = 1000 + seconds
            self.assertEqual(await reason(keys, "a"), ["a"])
        self.assertEqual(gateway.fetches, 1)
        gateway.time = 1300
        self.assertEqual(await reason(keys, "a"), ["a"])
        self.assertEqual(gateway.fetches, 2)

    async def test_fetches_once_in_30_seconds_for_unknown_kids(self):
        gateway = Gateway()
        keys = gateway.keys()
        await reason(keys, "a")
        gateway.time += 1
        for _ in range(50):
            self.assertEqual(await reason(keys, "b"), "unknown_kid")
        self.assertEqual(gateway.fetches, 2)
        gateway.time += 30
        gateway.jwks = {"keys": [jwk(), jwk("b", OTHER_X)]}
        self.assertEqual(await reason(keys, "b"), ["b"])

    async def test_serves_the_last_set_for_a_quarter_of_an_hour_while_fetches_fail(self):
        gateway = Gateway()
        keys = gateway.keys()
        await reason(keys, "a")
        gateway.is_down = True
        gateway.time = 1000 + 300 + 899
        self.assertEqual(await reason(keys, "a"), ["a"])
        self.assertEqual(await reason(keys, "b"), 30, "an outage is no verdict on a kid")
        gateway.time = 1000 + 300 + 900
        self.assertIsInstance(await reason(keys, "a"), int)

    async def test_an_outage_is_no_verdict_and_is_not_hammered(self):
        gateway = Gateway()
        gateway.is_down = True
        keys = gateway.keys()
        for _ in range(20):
            self.assertIsInstance(await reason(keys, "a"), int)
        self.assertEqual(gateway.fetches, 1)
        gateway.is_down = False
        gateway.time += 1
        self.assertEqual(await reason(keys, "a"), ["a"])

    async def test_skips_keys_that_are_unusable_or_ambiguous(self):
        gateway = Gateway()
        gateway.jwks = {
            "keys": [
                jwk("private", d="secret"),
                jwk("small", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                jwk("enc", use="enc"),
                jwk("twice"),
                jwk("twice", OTHER_X),
                jwk("same"),
                jwk("same"),
                "no object",
                jwk("good"),
            ]
        }
        keys = gateway.keys()
        found = {kid: await reason(keys, kid) for kid in ("private", "small", "enc", "twice", "same", "good")}
        unknown = dict.fromkeys(("private", "small", "enc", "twice"), "unknown_kid")
        self.assertEqual(found, {**unknown, "same": ["same"], "good": ["good"]})

    async def test_rejects_what_is_no_set_and_too_many_keys(self):
        for broken in ([], {"keys": "none"}, {"keys": [jwk(str(index)) for index in range(65)]}, {"keys": [{}]}):
            gateway = Gateway()
            gateway.jwks = broken
            self.assertIsInstance(await reason(gateway.keys(), "a"), int, broken)

    async def test_needs_a_kid(self):
        self.assertEqual(await reason(Gateway().keys(), None), "missing_kid")


class Configured(unittest.TestCase):
    def test_keys_in_the_configuration_are_strict(self):
        for broken in ({"keys": []}, jwk(d="x"), jwk(kid=7), {"keys": [jwk(), jwk(x=OTHER_X)]}):
            with self.assertRaises(ConfigError):
                StaticKeys(broken)

    def test_a_jwks_url_is_https_without_credentials_or_loopback(self):
        for url in ("http://gateway.example", "https://u:p@gateway.example", "ftp://a.test", "gateway", ""):
            with self.assertRaises(ConfigError):
                url_jwks(url)
        url_jwks("https://gateway.example/.well-known/jwks.json")
        url_jwks("http://127.0.0.1:8787/.well-known/jwks.json")
