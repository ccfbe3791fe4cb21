"""The name of a database as given: a file or a URL, which may contain a password.

A password must be percent-encoded. Otherwise its rest is taken for the name of the server,
which is looked up and shown.
"""

import re

_MEANT_AS_URL = re.compile(r"(?i)(postgres|postgresql|sqlite)(\+\w+)?(:|//)|[^/]*:[^/]*@")
_RESERVED = re.compile(r"[/?#@\[\]]")


def is_url(name: str) -> bool:
    """Return whether `name` is a URL, or was meant as one: `postgres//me:secret@host/db`."""
    return "://" in name or _MEANT_AS_URL.match(name) is not None


def url_problem(url: str) -> str | None:
    """Return why `url` may not be used, without any part of it."""
    scheme, found, rest = url.partition("://")
    if not found:
        return "the database's URL has no ://"
    user = rest.rpartition("@")[0]
    if not scheme.lower().startswith("sqlite") and _RESERVED.search(user):
        return (
            "the database's URL has a character that must be percent-encoded in a user, a "
            "password or an option (@ as %40, / as %2F, ? as %3F, # as %23)"
        )
    return None
