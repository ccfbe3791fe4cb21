"""Words from strangers, made fit to be shown: plain, short, and without the token."""

import re
import unicodedata

from usage_tracker.config.token import Token

LIMIT = 200
_READ = 4096
_TAG = re.compile(r"<[^<>]*>")


def plain(text: str, token: Token | None, limit: int = LIMIT) -> str:
    """`text` in one line of at most `limit` characters.

    Markup, control characters (those that turn the direction of writing
    included) and lone surrogates are dropped, the token is masked.
    """
    printable = "".join(map(_shown, text[:_READ]))
    bare = _TAG.sub("", printable).replace("<", "").replace(">", "")
    line = " ".join(bare.split())
    return _cut(token.scrub(line) if token else line, limit)


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character)[0] == "C" else character


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
