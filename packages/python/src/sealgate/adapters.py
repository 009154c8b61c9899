"""By the names that another kit has: an environment is applied once a request, and `check_auth` finds it."""

from contextvars import ContextVar
from typing import Any

from .auth import Auth
from .environment import make_kit
from .policy import Policy

_ANY = Policy()

# Of the task that serves a request, and no other: two environments in one process never share keys.
_env: ContextVar[Any] = ContextVar("sealgate_env", default=None)


def apply_env_bindings(env: Any) -> None:
    """Makes `check_auth` of this request verify by this environment: `env` of a Worker, or a mapping.

    Raises ConfigError naming the variable and the fix.
    """
    make_kit(env)
    _env.set(env)


async def check_auth(token: str | None, policy: Policy = _ANY) -> Auth | None:
    """The caller if the token is good and the policy passes, else None: `make_kit(env).check_auth(token, policy)`.

    By the environment that was applied, else by `os.environ`. Raises ConfigError; KeysUnavailableError for outages.
    """
    return await make_kit(_env.get()).check_auth(token, policy)
