"""Policies: what is a mistake, and what counts as no yes. Their verdicts are held against the kit's elsewhere."""

import unittest

from sealgate import Auth, ConfigError, policy

ADA = Auth.of({"iss": "https://gateway.internal", "sub": "ada", "kind": "user", "tenant": "acme"})


class Policies(unittest.IsolatedAsyncioTestCase):
    async def test_a_predicate_gives_exactly_true_or_passes_nobody(self):
        async def later(claims):
            return claims["tenant"] == "acme"

        def broken(claims):
            raise KeyError("nothing of this stands in a log")

        rows = [(lambda claims: True, True), (later, True), (broken, False), (lambda claims: 1, False)]
        for predicate, passes in [*rows, (lambda claims: None, False)]:
            failed = await policy().where(predicate, "tenant is acme").failed(ADA)
            self.assertEqual(failed, () if passes else ("tenant is acme",))

    async def test_not_makes_no_yes_of_what_cannot_tell(self):
        def broken(claims):
            raise KeyError

        for predicate, passes in [(broken, False), (lambda claims: 1, False), (lambda claims: False, True)]:
            rule = policy().not_(policy().where(predicate, "is blocked"))
            self.assertEqual(await rule.failed(ADA), () if passes else ("not (is blocked)",))

    async def test_a_policy_is_not_changed_by_what_is_built_upon_it(self):
        base = policy().kind("user")
        base.need_all("read:reports")
        self.assertEqual(await base.failed(ADA), ())

    def test_mistakes_fail_where_they_are_written(self):
        for mistake in (
            lambda: policy().need_all(),
            lambda: policy().roles_any(""),
            lambda: policy().kind("root"),
            lambda: policy().actor(""),
            lambda: policy().where(None, "words"),
            lambda: policy().where(lambda claims: True, ""),
            lambda: policy().any_of(),
            lambda: policy().any_of(policy()),
            lambda: policy().not_(policy().allow_anonymous().kind("user")),
            lambda: policy().not_("read:reports"),
            lambda: policy().kind("anonymous").build(),
        ):
            with self.assertRaises(ConfigError):
                mistake()
