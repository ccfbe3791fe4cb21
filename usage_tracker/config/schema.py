"""How a configuration is checked: against tables of keys, each with what its value must be.

What no table knows is an error, so that a misspelt key is never silently without effect.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from usage_tracker.config.paths import KEYS
from usage_tracker.config.token import looks_like_key
from usage_tracker.errors import ConfigError
from usage_tracker.money import fits_int64

NAME_LIMIT = 100
_SHOWN = 40
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_RESERVED_HEADERS = {
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "transfer-encoding",
}
_SECRETS = {"token", "key", "api_key", "access_token", "access_key", "password", "secret"}


@dataclass(frozen=True, slots=True)
class Value:
    """A key's value: one that is not accepted "must be `words`".

    `for_now`, if there is one, is what to write where somebody wrote the account's key itself.
    Text that is `open` is no secret and may be repeated in a message. `each` is what every
    element of a list must be, or every entry of a table, which is a pair.
    """

    words: str
    accepts: Callable[[Any], bool]
    for_now: str = ""
    open: bool = False
    each: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with these keys and no others, or, with `many`, a list of them (`[[…]]`)."""

    keys: Mapping[str, "Value | Table"]
    many: bool = False


class UnknownKeyError(ConfigError):
    """A key that means nothing here."""

    def __init__(self, path: Path, where: str, key: str, known: Mapping[str, object]) -> None:
        super().__init__(f"{path}: {where}unknown key {key[:_SHOWN]!r}: {_cure(key, known)}")


class KeyItselfError(ConfigError):
    """The account's key stands where the name of its place should. It is not shown."""

    def __init__(self, path: Path, where: str, key: str, rule: Value) -> None:
        super().__init__(
            f"{path}: {where}{key} must be {rule.words}, and this looks like the key itself: "
            f"write {key} = {rule.for_now} for now, then `tracker accounts set-token` "
            "puts the key into a file of its own"
        )


class WrongValueError(ConfigError):
    """A value of the wrong type, or outside what makes sense. It is shown if it is no secret."""

    def __init__(self, path: Path, where: str, key: str, rule: Value, value: object) -> None:
        super().__init__(f"{path}: {where}{key} {wrong(rule, value)}")


def wrong(rule: Value, value: object) -> str:
    """What is wrong with a `value` that `rule` does not accept: `must be … (it is …)`."""
    odd = None if rule.each is None else _odd_one(value, rule.each)
    return f"must be {rule.words} (it is {odd or _told(value, open_text=rule.open)})"


def holds_key(value: object) -> bool:
    """Whether the value is an account's key: a name, the end of a path, or a program to run."""
    text = value[0] if isinstance(value, list) and value else value
    if not isinstance(text, str) or text.startswith(f"{KEYS}/"):
        return False  # a key file that was named after its account is a name, whatever it is
    return looks_like_key(text) or looks_like_key(PurePath(text).name)


def is_text(value: object) -> bool:
    """Text that can be shown anywhere: not empty, and no control characters in it."""
    return isinstance(value, str) and value.isprintable() and bool(value.strip())


def is_name(value: object) -> bool:
    """An account's name: short text without spaces around it."""
    return isinstance(value, str) and is_text(value) and value == value.strip()[:NAME_LIMIT]


def _is_variable(value: object) -> bool:
    return isinstance(value, str) and bool(_VARIABLE.fullmatch(value))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(is_text(item) for item in value)


def _is_headers(value: object) -> bool:
    return isinstance(value, dict) and all(map(is_header, value.items()))


def is_header(header: tuple[str, object]) -> bool:
    """Whether the name and the value can be an extra header's."""
    name, value = header
    known = _HEADER_NAME.fullmatch(name) and name.lower() not in _RESERVED_HEADERS
    return bool(known) and is_text(value) and str(value).isascii()


def _is_whole(value: object) -> bool:
    return type(value) is int and value > 0 and fits_int64(value)


NAME = Value(
    f"1 to {NAME_LIMIT} printable characters without spaces around them", is_name, open=True
)
TEXT = Value("printable text in quotes", is_text)
TEXTS = Value('a list of texts, as in ["one", "two"]', _is_texts, each=is_text)
WORDS = Value(
    'a list of words, as in ["pass", "show", "aihubmix"]',
    lambda v: bool(v) and _is_texts(v),
    each=is_text,
)
VARIABLE = Value("the name of an environment variable", _is_variable, '"TRACKER_TOKEN"')
KEY_FILE = Value("the path of a file", is_text, '"key"')
KEY_COMMAND = Value(WORDS.words, WORDS.accepts, '["cat", "key"]', each=is_text)
FLAG = Value("true or false", lambda v: isinstance(v, bool), open=True)
WHOLE = Value("a whole number above 0", _is_whole, open=True)
AUTH = Value('"bearer" or "raw"', lambda v: v in ("bearer", "raw"), open=True)
HEADERS = Value(
    'a table of ASCII texts without Authorization, as in { "New-Api-User" = "42" }',
    _is_headers,
    each=is_header,
)


def check(document: Mapping[str, Any], path: Path, table: Table, where: str = "") -> None:
    """Raise a ConfigError that names file, key and cure if `document` is not as `table` says."""
    for key, value in document.items():
        rule = table.keys.get(key)
        if rule is None:
            raise UnknownKeyError(path, where, key, table.keys)
        if isinstance(rule, Table):
            _check_table(value, path, rule, key, where)
        elif rule.for_now and holds_key(value):
            raise KeyItselfError(path, where, key, rule)
        elif not rule.accepts(value):
            raise WrongValueError(path, where, key, rule, value)


def _check_table(value: object, path: Path, table: Table, key: str, where: str) -> None:
    entries = value if table.many else [value]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        words = f"written as [[{key}]]" if table.many else f"a table, [{key}]"
        raise WrongValueError(path, where, key, Value(words, bool), value)
    for number, entry in enumerate(entries, 1):
        check(entry, path, table, f"{where}{_title(key, number, entry, many=table.many)}: ")


def _title(key: str, number: int, entry: Mapping[str, Any], *, many: bool) -> str:
    if not many:
        return f"[{key}]"
    name = entry.get("name")
    return f"{key} {name!r}" if is_name(name) else f"{key} {number}"


def _cure(key: str, known: Mapping[str, object]) -> str:
    if key.lower() in _SECRETS:
        return "a secret does not belong here; keep it in a file of its own and name it: token_file"
    # Only an error needs it, and every command would wait for it.
    from difflib import get_close_matches

    close = get_close_matches(key[:_SHOWN], known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"


def _odd_one(value: object, is_good: Callable[[Any], bool]) -> str | None:
    """The first element of a list, or entry of a table, that is not as it must be."""
    if isinstance(value, list):
        odd = next((at for at, item in enumerate(value) if not is_good(item)), None)
        return None if odd is None else f"a list, of which element {odd + 1} is {_told(value[odd])}"
    if isinstance(value, dict):
        return next((_entry_told(*entry) for entry in value.items() if not is_good(entry)), None)
    return None


def _entry_told(name: str, value: object) -> str:
    shown = repr(name[:_SHOWN]) if is_text(name) and not holds_key(name) else "an entry"
    kind = "a number" if isinstance(value, int | float) else _told(value)
    return f"a table, in which {shown} is {kind}"


def _told(value: object, *, open_text: bool = False) -> str:
    """What `value` is: its kind, and where that is no secret the value itself."""
    if isinstance(value, str):
        return _text_told(value, open_text=open_text)
    if isinstance(value, bool | int | float):
        return str(value).lower()[:_SHOWN]
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "a table" if isinstance(value, dict) else "a date or time"


def _text_told(text: str, *, open_text: bool) -> str:
    if not text.strip():
        return "empty"
    if not text.isprintable():
        return "text with a character that does not print"
    if open_text and not holds_key(text):
        return repr(text[:_SHOWN])
    return "text"
