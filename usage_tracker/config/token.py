"""The Manage Key: a value that never shows itself."""

import re
from dataclasses import dataclass

MASK = "***"
_BEARER = re.compile(r"(?i)^bearer\s+")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Token:
    """A gateway's system access token. Only `reveal()` gives it away."""

    _secret: str

    @classmethod
    def paste(cls, text: str) -> "Token":
        """Clean what people paste along: white space, quotes, a leading `Bearer `."""
        return cls(_BEARER.sub("", text.strip().strip("\"'")).strip())

    def reveal(self) -> str:
        """The secret itself, for the Authorization header alone."""
        return self._secret

    def masked(self) -> str:
        """Enough to recognise one's own key by, not enough to use it."""
        return f"{self._secret[:2]}…{self._secret[-2:]}" if len(self._secret) >= 16 else MASK  # noqa: PLR2004

    def scrub(self, text: str) -> str:
        """`text` with every occurrence of the secret masked."""
        return text.replace(self._secret, MASK) if self._secret else text

    def __bool__(self) -> bool:
        return bool(self._secret)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__
