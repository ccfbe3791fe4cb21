"""Words from strangers, made fit to be shown: plain, short, and without the token."""

import re

from usage_tracker.config.token import Token
from usage_tracker.formatting import shortened, visible

LIMIT = 200
_READ = 4096
_TAG = re.compile(r"<[^<>]*>")


def plain(text: str, token: Token | None, limit: int = LIMIT) -> str:
    """`text` in one line of at most `limit` characters.

    Markup, control characters (those that turn the direction of writing
    included) and lone surrogates are dropped, the token is masked.
    """
    printable = visible(text[:_READ], "")
    bare = _TAG.sub("", printable).replace("<", "").replace(">", "")
    line = " ".join(bare.split())
    return shortened(token.scrub(line) if token else line, limit)
