"""For tests alone: what the package says about many inputs at once. Everything in and out is JSON."""

import base64

from sealgate import Auth, Kit, StaticKeys, TokenError, policy
from sealgate._crypto import verify_ed25519, verify_hs512
from sealgate._json import encode_base64url
from sealgate._jwk import point_problem


async def tokens(tokens, expected, jwks=None, secret=None):
    """For each token its claims, or the reason of the rejection."""
    secrets = [] if secret is None else [base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))]
    keys = None if jwks is None else StaticKeys(jwks)
    kit = Kit(
        issuer=expected["issuer"],
        audience=expected["audience"],
        keys=keys,
        secrets=secrets,
        now=lambda: expected["now"],
    )
    verdicts = []
    for token in tokens:
        try:
            verdicts.append(await kit.verify(token))
        except TokenError as error:
            verdicts.append(error.reason)
    return verdicts


async def signatures(cases):
    """Whether each Ed25519 signature is accepted: the point must be usable, and the signature whole."""
    verdicts = []
    for point, signature, message in ([bytes.fromhex(part) for part in case] for case in cases):
        is_usable = point_problem(encode_base64url(point)) is None and len(signature) == 64
        verdicts.append(is_usable and await verify_ed25519(point, signature, message))
    return verdicts


async def macs(cases):
    """Whether each HMAC-SHA-512 is accepted."""
    parsed = ([bytes.fromhex(part) for part in case] for case in cases)
    return [verify_hs512(key, tag, message) for key, tag, message in parsed]


async def policies(policies, callers):
    """For each policy and each caller the rules that failed, in words."""
    made = [make_policy(one) for one in policies]
    return [[list(await one.failed(Auth.of(claims))) for claims in callers] for one in made]


def make_policy(rules):
    """A policy of `[["need_all", "read:reports"], ["not_", [["kind", "machine"]]]]`: a list within is a policy."""
    made = policy()
    for method, *arguments in rules:
        made = getattr(made, method)(*(make_policy(one) if isinstance(one, list) else one for one in arguments))
    return made
