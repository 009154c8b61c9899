"""Who may pass: every rule must hold. A policy is immutable; each call returns a new one."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ._claims import KINDS
from .auth import Auth
from .errors import ConfigError

# None: the rule cannot tell, because a claim has the wrong type or a predicate failed. That grants nothing, and `not_` makes no yes
# of it.
Verdict = bool | None
Test = Callable[[Auth], Verdict | Awaitable[Verdict]]
Predicate = Callable[[Mapping[str, Any]], bool | Awaitable[bool]]


@dataclass(frozen=True)
class Rule:
    """One rule: what it requires in words, and the test."""

    words: str
    test: Test
    names_anonymous: bool = False


@dataclass(frozen=True)
class Policy:
    """Made by `policy()`. Without rules: any verified caller that is not anonymous."""

    rules: tuple[Rule, ...] = ()
    allows_anonymous: bool = False

    def need_all(self, *permissions: str) -> "Policy":
        """The caller holds all of these permissions."""
        return self._with(_holds("permission", "all", _names("need_all", permissions)))

    def need_any(self, *permissions: str) -> "Policy":
        """The caller holds at least one of these permissions."""
        return self._with(_holds("permission", "one", _names("need_any", permissions)))

    def roles_all(self, *roles: str) -> "Policy":
        """The caller has all of these roles."""
        return self._with(_holds("role", "all", _names("roles_all", roles)))

    def roles_any(self, *roles: str) -> "Policy":
        """The caller has at least one of these roles."""
        return self._with(_holds("role", "one", _names("roles_any", roles)))

    def kind(self, *kinds: str) -> "Policy":
        """The token's `kind` is one of these. A token without a kind does not pass."""
        names = _names("kind", kinds)
        unknown = [one for one in names if one not in KINDS]
        if unknown:
            raise ConfigError(f"kind takes {', '.join(KINDS)}; not {unknown[0]}")
        return self._with(
            Rule(f"is {' or '.join(names)}", lambda auth: auth.kind in names, "anonymous" in names)
        )

    def owner(self, sub: str | None) -> "Policy":
        """The caller's `sub` is this one. Never a machine or an anonymous caller; None and "" own nothing."""

        def test(auth: Auth) -> bool:
            is_named = isinstance(sub, str) and sub != "" and auth.sub == sub
            return is_named and auth.kind not in ("machine", "anonymous")

        return self._with(Rule("is the owner", test))

    def actor(self, sub: str) -> "Policy":
        """The outermost actor is this one, named by the token's own issuer (RFC 8693 §4.1)."""
        _names("actor", (sub,))

        def test(auth: Auth) -> bool:
            actor = auth.actor
            return actor is not None and actor["sub"] == sub and actor.get("iss") == auth.claims["iss"]

        return self._with(Rule(f"comes through {sub}", test))

    def allow_anonymous(self) -> "Policy":
        """Lets tokens of kind `anonymous` through, which nothing else does."""
        return replace(self, allows_anonymous=True)

    def where(self, predicate: Predicate, words: str) -> "Policy":
        """The predicate of the claims gives exactly True, or an awaitable of it. One that raises does not pass."""
        if not callable(predicate):
            raise ConfigError("where takes a function of the claims")
        if not isinstance(words, str) or words == "":
            raise ConfigError('where needs words for what it requires: where(f, "tenant is acme")')

        async def test(auth: Auth) -> Verdict:
            try:
                outcome = predicate(auth.claims)
                if inspect.isawaitable(outcome):
                    outcome = await outcome
            except Exception:  # noqa: BLE001 — whatever it is, nobody passes by it
                return None
            # A yes that is not True is none, and no no either.
            return True if outcome is True else (None if outcome else False)

        return self._with(Rule(words, test))

    def any_of(self, *alternatives: "Policy") -> "Policy":
        """At least one of these passes."""
        if not alternatives:
            raise ConfigError("any_of without policies would pass nobody")
        lists = [_nested("any_of", one) for one in alternatives]

        async def test(auth: Auth) -> Verdict:
            verdicts = [await _all(rules, auth) for rules in lists]
            return True if True in verdicts else (None if None in verdicts else False)

        words = " or ".join(f"({_words(rules)})" for rules in lists)
        return self._with(Rule(f"any of: {words}", test, any(_names_anonymous(rules) for rules in lists)))

    def not_(self, one: "Policy") -> "Policy":
        """This does not pass."""
        rules = _nested("not_", one)

        async def test(auth: Auth) -> Verdict:
            verdict = await _all(rules, auth)
            return None if verdict is None else not verdict

        return self._with(Rule(f"not ({_words(rules)})", test))

    def build(self) -> "Policy":
        """Ends the chain. A policy is accepted wherever a built one is."""
        if not self.allows_anonymous and _names_anonymous(self.rules):
            raise ConfigError('kind("anonymous") passes nobody without allow_anonymous()')
        return self

    def keys(self) -> tuple[str]:
        """With `__getitem__`: `check_auth(token, **policy().build())`, as another kit has it, is `policy=`."""
        return ("policy",)

    def __getitem__(self, key: str) -> "Policy":
        if key != "policy":
            raise KeyError(key)
        return self

    async def failed(self, auth: Auth) -> tuple[str, ...]:
        """The rules that this caller does not pass, in words. Each is tested once."""
        return tuple([rule.words for rule in self.rules if await _verdict(rule, auth) is not True])

    def _with(self, rule: Rule) -> "Policy":
        return replace(self, rules=(*self.rules, rule))


def policy() -> Policy:
    """A new policy: any verified caller that is not anonymous."""
    return Policy()


async def _verdict(rule: Rule, auth: Auth) -> Verdict:
    outcome = rule.test(auth)
    return await outcome if inspect.isawaitable(outcome) else outcome


async def _all(rules: Iterable[Rule], auth: Auth) -> Verdict:
    verdicts = [await _verdict(rule, auth) for rule in rules]
    return False if False in verdicts else (None if None in verdicts else True)


def _holds(what: str, amount: str, names: tuple[str, ...]) -> Rule:
    phrase = f"{amount} of the {what}s" if len(names) > 1 else f"the {what}"

    def test(auth: Auth) -> Verdict:
        held = auth.permissions if what == "permission" else auth.roles
        found = [name in held for name in names]
        if all(found) if amount == "all" else any(found):
            return True
        # "No" is only certain when the claims that could say otherwise were readable.
        is_certain = all(
            is_readable(auth.claims[claim]) for claim, is_readable in _CLAIMS[what].items() if claim in auth.claims
        )
        return False if is_certain else None

    return Rule(f"has {phrase} {', '.join(names)}", test)


def _is_text(claim: object) -> bool:
    return isinstance(claim, str)


def _is_list(claim: object) -> bool:
    return isinstance(claim, list) and all(map(_is_text, claim))


_CLAIMS: dict[str, dict[str, Callable[[object], bool]]] = {
    "permission": {
        "permissions": _is_list,
        "scope": _is_text,
        "scp": lambda claim: _is_text(claim) or _is_list(claim),
    },
    "role": {"roles": _is_list},
}


def _names(method: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """An empty list would mean "nobody" or "everybody" by accident."""
    if not names:
        raise ConfigError(f"{method}() names nothing: give at least one")
    if not all(isinstance(name, str) and name for name in names):
        raise ConfigError(f"{method}() accepts non-empty strings")
    return names


def _nested(method: str, nested: object) -> tuple[Rule, ...]:
    if not isinstance(nested, Policy):
        raise ConfigError(f"{method} takes policies: policy().need_all(…)")
    if nested.allows_anonymous:
        raise ConfigError(f"allow_anonymous() belongs outside {method}()")
    if not nested.rules:
        raise ConfigError(f"a policy without rules inside {method}() decides nothing")
    return nested.rules


def _names_anonymous(rules: Iterable[Rule]) -> bool:
    return any(rule.names_anonymous for rule in rules)


def _words(rules: Iterable[Rule]) -> str:
    return " and ".join(rule.words for rule in rules)
