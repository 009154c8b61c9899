"""A dependency for FastAPI: `caller: Auth = Depends(guard(policy().need_all("read:reports")))`."""

from collections.abc import Callable
from typing import Any

from fastapi import HTTPException, Request

from .auth import Auth, Decision
from .environment import make_kit
from .errors import ConfigError
from .policy import Policy
from .verifier import Verifier

_ANY = Policy()


def guard(
    policy: Policy = _ANY, *, verifier: Verifier | Callable[[Request], Verifier] | None = None
) -> Callable[[Request], Any]:
    """Lets a caller through who passes the policy, and gives the `Auth`.

    policy     default: any verified caller that is not anonymous
    verifier   default: `make_kit` of the Worker's env (`request.scope["env"]`), else of `os.environ`

    Raises HTTPException with 400, 401, 403 (and WWW-Authenticate, RFC 6750 §3) or 503 (Retry-After); `detail` is the body of
    the kit's own denials.
    """
    if not isinstance(policy, Policy):
        raise ConfigError("guard accepts a policy: guard(policy().need_all(…))")

    async def dependency(request: Request) -> Auth:
        header = _authorization(request)
        decision = await _verifier(request, verifier).authorize(header, policy)
        if decision.auth is None:
            raise HTTPException(decision.status, _body(decision), _headers(decision))
        return decision.auth

    return dependency


def _authorization(request: Request) -> str | None:
    """Two headers arrive joined by a comma, as Fetch joins them: no token contains one."""
    headers = request.headers.getlist("authorization")
    return ", ".join(headers) if headers else None


def _verifier(request: Request, given: Verifier | Callable[[Request], Verifier] | None) -> Verifier:
    if given is None:
        return make_kit(request.scope.get("env"))
    return given if isinstance(given, Verifier) else given(request)


def _body(decision: Decision) -> dict[str, str]:
    if decision.status == 503:
        return {
            "error": "temporarily_unavailable",
            "error_description": "The keys to check the access token are not available; try again shortly",
        }
    return {
        "error": decision.error or "invalid_token",
        "error_description": decision.description or "The access token is missing, expired or not acceptable here",
    }


def _headers(decision: Decision) -> dict[str, str]:
    if decision.status == 503:
        return {"Cache-Control": "no-store", "Retry-After": str(decision.retry_after or 1)}
    return {"Cache-Control": "no-store", "WWW-Authenticate": decision.challenge or "Bearer"}
