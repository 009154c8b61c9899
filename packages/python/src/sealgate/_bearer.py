"""Reads the one bearer token of an Authorization header (RFC 6750 §2.1, RFC 9110 §11.4), as the kit does."""

import re

from .auth import Decision, denial

_SCHEME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TOKEN = re.compile(r" +([A-Za-z0-9\-._~+/]+=*)")
_SECOND = re.compile(r",\s*bearer(\s|$)", re.IGNORECASE)


def read_bearer(header: object) -> str | Decision:
    """The token; or the denial for a header without one, or with a malformed one.

    For a header that is not there, `headers.get` of JavaScript gives its `null`, which is no None.
    """
    if not isinstance(header, str):
        return denial(401, "no_credentials")
    scheme = _SCHEME.match(header)
    if scheme is None:
        return denial(400, "malformed_credentials")
    if scheme.group().lower() != "bearer":
        return denial(400, "malformed_credentials") if _SECOND.search(header) else denial(401, "no_credentials")
    token = _TOKEN.fullmatch(header[scheme.end() :])
    return token.group(1) if token else denial(400, "malformed_credentials")
