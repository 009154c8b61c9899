"""A verified caller, and what a decision about one is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["user", "machine", "agent", "anonymous"]


@dataclass(frozen=True)
class Auth:
    """A verified caller, as handlers and policies see it. Made by a verifier alone."""

    sub: str
    kind: Kind | None
    permissions: tuple[str, ...]
    roles: tuple[str, ...]
    #: Who acts for the subject now: the outermost `act` (RFC 8693 §4.1).
    actor: Mapping[str, Any] | None
    #: All claims. A claim of your own may have any type.
    claims: Mapping[str, Any] = field(repr=False)

    def __getitem__(self, claim: str) -> Any:
        """A claim by its name: `auth["sub"]`. Raises KeyError for one that the token does not carry."""
        return self.claims[claim]

    @staticmethod
    def of(claims: dict[str, Any]) -> "Auth":
        """The caller that verified claims stand for. A claim of the wrong type grants nothing."""
        return Auth(
            sub=claims["sub"],
            kind=claims.get("kind"),
            permissions=_permissions(claims),
            roles=_strings(claims.get("roles")),
            actor=claims.get("act"),
            claims=claims,
        )


@dataclass(frozen=True)
class Decision:
    """Whether a caller may pass. For a denial: the HTTP status, the challenge, and why, for logs."""

    granted: bool
    auth: Auth | None = None
    #: 400 malformed credentials, 401 no good token, 403 the policy says no, 503 an outage.
    status: int = 200
    #: RFC 6750 §3.1; None without credentials and for outages.
    error: str | None = None
    #: What the caller may be told.
    description: str | None = None
    #: One stable word, for logs.
    reason: str | None = None
    #: Value of WWW-Authenticate.
    challenge: str | None = None
    #: The rules of the policy that failed, in words.
    failed: tuple[str, ...] = ()
    #: Seconds, for outages.
    retry_after: int | None = None


_TEXTS = {
    400: ("invalid_request", "The request carries its credentials in a malformed way"),
    401: ("invalid_token", "The access token is missing, expired or not acceptable here"),
    403: ("insufficient_scope", "The access token does not grant what this resource requires"),
}


def denial(status: Literal[400, 401, 403], reason: str, failed: tuple[str, ...] = ()) -> Decision:
    """Without credentials the challenge is bare (RFC 6750 §3.1)."""
    if reason == "no_credentials":
        return Decision(False, status=status, reason=reason, challenge="Bearer")
    error, description = _TEXTS[status]
    challenge = f'Bearer error="{error}", error_description="{description}"'
    return Decision(
        False,
        status=status,
        error=error,
        description=description,
        reason=reason,
        challenge=challenge,
        failed=failed,
    )


def outage(retry_after: int) -> Decision:
    """The keys cannot be had: nothing is said about the caller."""
    return Decision(False, status=503, reason="keys_unavailable", retry_after=retry_after)


def _permissions(claims: dict[str, Any]) -> tuple[str, ...]:
    """From `permissions` when that claim is present, else `scope`, else `scp` in either form."""
    if "permissions" in claims:
        return _strings(claims["permissions"])
    if "scope" in claims:
        return _words(claims["scope"])
    scp = claims.get("scp")
    return _words(scp) if isinstance(scp, str) else _strings(scp)


def _strings(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return tuple(value)
    return ()


def _words(value: object) -> tuple[str, ...]:
    return tuple(word for word in value.split(" ") if word) if isinstance(value, str) else ()
