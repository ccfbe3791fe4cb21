"""The Manage Key: a value that never shows itself.

It is a gateway's system access token, a full-power credential. What is not one
(an `sk-` inference key, nothing, a half-copied text) is refused before it is sent.
"""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from usage_tracker.errors import ConfigError

MASK = "***"
_BEARER = re.compile(r"(?i)^bearer(?:\s+|$)")
_FOREIGN = re.compile(r"[^!-~]")
_RECOGNISABLE = 16
_TELLING = 8
_KEY = re.compile(
    r"sk-\S{8,}"  # an inference key
    r"|(?i:[0-9a-f]{32,})"
    r"|(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[0-9A-Za-z+/=]{24,}"
    r"|(?=(?:.*[0-9]){4})[0-9A-Za-z+/=]{24,}"
    r"|(?=(?:.*[0-9]){3})(?=.*[a-z])(?=.*[A-Z])[0-9A-Za-z+/=_-]{28,}"
)


class EmptyTokenError(ConfigError):
    """There is a place for the token, and nothing in it."""

    def __init__(self) -> None:
        super().__init__("the token is empty: give the account's Manage Key (system access token)")


class InferenceKeyError(ConfigError):
    """An `sk-` key, which may spend but not ask for the balance."""

    def __init__(self) -> None:
        super().__init__(
            "the token is an inference key (sk-…), which cannot ask for the balance: "
            "use the Manage Key (system access token) from the gateway's settings; nothing was sent"
        )


class UnsendableTokenError(ConfigError):
    """A token with a character that cannot stand in a header."""

    def __init__(self, character: str) -> None:
        super().__init__(
            f"the token holds a character that no key has (U+{ord(character):04X}): "
            "copy it again, in full; nothing was sent"
        )


def looks_like_key(text: str) -> bool:
    """Whether `text` is a key rather than the name of anything: long, and with no word in it."""
    return bool(_KEY.fullmatch(Token.paste(text).reveal()))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Token:
    """A gateway's system access token. Only `reveal()` and `authorization()` give it away."""

    _secret: str

    @classmethod
    def paste(cls, text: str) -> "Token":
        """Clean what people paste along: white space, quotes, a leading `Bearer `."""
        bare = text.strip().strip("\"'").strip()
        return cls(_BEARER.sub("", bare).strip().strip("\"'"))

    def check(self) -> None:
        """Refuse what cannot be a Manage Key.

        Raises:
            EmptyTokenError: There is nothing.
            InferenceKeyError: It is an `sk-` key.
            UnsendableTokenError: It cannot stand in a header.
        """
        if not self._secret:
            raise EmptyTokenError
        if foreign := _FOREIGN.search(self._secret):
            raise UnsendableTokenError(foreign[0])
        if self._secret.lower().startswith("sk-"):
            raise InferenceKeyError

    def authorization(self, auth: Literal["bearer", "raw"]) -> str:
        """The value of the Authorization header; refuses what `check` refuses."""
        self.check()
        return f"Bearer {self._secret}" if auth == "bearer" else self._secret

    def reveal(self) -> str:
        """The secret itself, for the file that keeps it alone."""
        return self._secret

    def masked(self) -> str:
        """Enough to recognise one's own key by, not enough to use it."""
        if len(self._secret) < _RECOGNISABLE:
            return MASK
        return f"{self._secret[:2]}…{self._secret[-2:]}"

    def scrub(self, text: str) -> str:
        """`text` with the secret masked, as it is, percent-encoded or in telling pieces.

        A gateway may echo a key cut short: any run of eight of its characters
        counts as the key. Letter case makes no difference.
        """
        for secret in sorted({self._secret, quote(self._secret, safe="")}):
            text = _mask(text, secret)
        return text

    def __bool__(self) -> bool:
        return bool(self._secret)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__


def _mask(text: str, secret: str) -> str:
    """Mask every run in `text` of at least eight characters (or all) of `secret`."""
    size = min(_TELLING, len(secret))
    if not size:
        return text
    pieces = {re.escape(secret[at : at + size]) for at in range(len(secret) - size + 1)}
    shown, end = "", 0
    for piece in re.finditer(f"(?={'|'.join(pieces)})", text, re.IGNORECASE):
        if piece.start() > end or not shown:
            shown += text[end : piece.start()] + MASK
        end = piece.start() + size
    return shown + text[end:]
