"""What goes wrong, and why. No message quotes a token or a secret."""


class SealgateError(Exception):
    """Base of every error of this package."""


class ConfigError(SealgateError):
    """The configuration is wrong: the message names the variable and says what to do."""


class TokenError(SealgateError):
    """A token is not acceptable. `reason` is one stable word, the same as the kit's (docs: Errors)."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class KeysUnavailableError(SealgateError):
    """The keys cannot be had now: an outage, no verdict on the token. `retry_after` in seconds."""

    def __init__(self, detail: str, retry_after: float = 1) -> None:
        super().__init__(detail)
        self.retry_after = max(1, int(-(-retry_after // 1)))
