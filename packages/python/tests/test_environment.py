"""Settings: what is read, and what a wrong one says."""

import base64
import json
import unittest

from sealgate import ConfigError, make_kit

X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
JWK = json.dumps({"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a"})
SECRET = base64.b64encode(bytes(range(64))).decode()
BASE = {"JWT_ISS": "https://gateway.internal", "JWT_AUD": "reports"}


class Keys:
    async def getJwks(self):
        return {"keys": []}


class Worker:
    """The env of a Worker has members, and no `get`."""

    JWT_ISS = "https://gateway.internal"
    JWT_AUD = "reports"
    JWT_JWKS_SERVICE_NAME = "GATEWAY_KEYS"
    GATEWAY_KEYS = Keys()


class Environment(unittest.TestCase):
    def test_each_source_of_keys(self):
        for more in (
            {"JWT_PUBLIC_JWK": JWK},
            {"JWT_PUBLIC_JWK": json.dumps(JWK)},
            {"JWT_PUBLIC_JWK_NAME": "KEY", "KEY": f"\ufeff{JWK}\r\n"},
            {"JWT_SECRET": SECRET},
            {"JWT_SECRET_NAME": "NEW,OLD", "NEW": SECRET, "OLD": "hex:" + "ab" * 64},
            {"JWT_JWKS_SERVICE_NAME": "KEYS", "KEYS": Keys()},
            {"JWT_JWKS_URL": "https://gateway.example/.well-known/jwks.json"},
        ):
            with self.subTest(more):
                make_kit({**BASE, **more})
        make_kit(Worker())

    def test_the_same_settings_find_the_same_kit_and_others_another(self):
        env = {**BASE, "JWT_JWKS_SERVICE_NAME": "KEYS"}
        one, again = make_kit({**env, "KEYS": Keys()}), make_kit({**env, "KEYS": Keys()})
        self.assertIs(one, again)
        self.assertIsNot(one, make_kit({**env, "KEYS": Keys(), "JWT_AUD": "archive"}))

    def test_what_is_wrong_names_the_variable_and_quotes_no_value(self):
        secret = "hunter2" * 3
        rows = [
            ({}, "no key to verify with"),
            ({"JWT_ISS": "", "JWT_SECRET": SECRET}, "JWT_ISS is not set"),
            ({"JWT_AUD": " ", "JWT_SECRET": SECRET}, "JWT_AUD is not set"),
            ({"JWT_AUD": "[1]", "JWT_SECRET": SECRET}, "JWT_AUD begins like"),
            ({"JWT_SECRET": secret}, "JWT_SECRET is"),
            ({"JWT_SECRET": "ab" * 64}, "write hex: in front"),
            ({"JWT_SECRET": SECRET[:-2] + "-_"}, "mixes base64 and base64url"),
            ({"JWT_SECRET": SECRET, "JWT_PUBLIC_JWK": JWK}, "are both set"),
            ({"JWT_SECRET_NAME": "NOWHERE"}, "JWT_SECRET_NAME names NOWHERE"),
            ({"JWT_PUBLIC_JWK": JWK, "JWT_PUBLIC_JWK_NAME": "KEY"}, "are both set"),
            ({"JWT_PUBLIC_JWK": "nonsense"}, "JWT_PUBLIC_JWK is not a JWK"),
            ({"JWT_JWKS_SERVICE_NAME": "KEYS"}, "there is no such binding"),
            ({"JWT_JWKS_SERVICE_NAME": "KEYS", "KEYS": object()}, "not a service binding"),
            ({"JWT_JWKS_URL": "http://gateway.example"}, "JWT_JWKS_URL must be an https URL"),
            ({"JWT_SECRET": SECRET, "JWT_LEEWAY": "301"}, "JWT_LEEWAY must be a whole number from 0 to 300"),
            ({"JWT_SECRET": SECRET, "JWT_LEEWAY": "1.5"}, "JWT_LEEWAY must be a whole number"),
            ({"JWT_SECRET": SECRET, "JWT_DENIED_THUMBPRINTS": ","}, "names nothing"),
            ({"JWT_SECRET": SECRET, "JWT_DENIED_THUMBPRINTS": "short"}, "must be RFC 7638 thumbprints"),
            ({"JWT_SECRET": SECRET, "JWT_ALLOWED_THUMBPRINTS": X}, "means nothing for secrets"),
            ({"JWT_SECRET": SECRET, "JWT_DENYLIST_NAME": "DENYLIST"}, "reads no deny-list"),
            ({"JWT_SECRET": SECRET, "JWT_PRIVATE_JWK": JWK}, "does not sign"),
        ]
        for more, words in rows:
            with self.subTest(words), self.assertRaises(ConfigError) as caught:
                make_kit({**BASE, **more})
            self.assertIn(words, str(caught.exception))
            self.assertNotIn("hunter2", str(caught.exception))

    def test_audiences_as_text_or_json(self):
        for text in ("reports, archive", '["reports", "archive"]'):
            make_kit({**BASE, "JWT_SECRET": SECRET, "JWT_AUD": text})
