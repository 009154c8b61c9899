"""Verifies Sealgate's internal identity tokens: the checks of the kit, in its order, with its reasons."""

from .adapters import check_auth
from .auth import Auth, Decision, Kind
from .environment import make_kit
from .errors import ConfigError, KeysUnavailableError, SealgateError, TokenError
from .exchange import GatewayError, GatewayVerifier
from .keys import JwksKeys, KeySource, StaticKeys
from .loaders import binding_jwks, url_jwks
from .policy import Policy, policy
from .verifier import Kit, Verifier

__all__ = [
    "Auth",
    "ConfigError",
    "Decision",
    "GatewayError",
    "GatewayVerifier",
    "JwksKeys",
    "KeySource",
    "KeysUnavailableError",
    "Kind",
    "Kit",
    "Policy",
    "SealgateError",
    "StaticKeys",
    "TokenError",
    "Verifier",
    "binding_jwks",
    "check_auth",
    "make_kit",
    "policy",
    "url_jwks",
]
