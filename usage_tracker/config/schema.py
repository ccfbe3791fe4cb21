"""Validation of a configuration against tables of keys and rules for their values.

An unknown key is an error, so that a misspelt one is never ignored silently.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from usage_tracker.config.credentials import looks_like_key
from usage_tracker.config.paths import KEYS
from usage_tracker.errors import ConfigError
from usage_tracker.money import as_quota_per_unit

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
    """A rule for a value: an invalid one "must be `description`".

    `placeholder` is a value to write in the place of a key (a secret) that does not belong
    here. `public` values are not secret and may appear in messages. `item_is_valid` checks
    each element of a list, or each entry of a table as a pair.
    """

    description: str
    is_valid: Callable[[Any], bool]
    placeholder: str = ""
    public: bool = False
    item_is_valid: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with these keys and no others, or, with `many`, an array of such tables."""

    keys: Mapping[str, "Value | Table"]
    many: bool = False


class UnknownKeyError(ConfigError):
    """An unknown key."""

    def __init__(self, path: Path, where: str, key: str, known: Mapping[str, object]) -> None:
        super().__init__(f"{path}: {where}unknown key {key[:_SHOWN]!r}: {_suggestion(key, known)}")


class MisplacedKeyError(ConfigError):
    """The account's key itself where its source should be named. It is not shown."""

    def __init__(self, path: Path, where: str, key: str, rule: Value) -> None:
        super().__init__(
            f"{path}: {where}{key} must be {rule.description}, and this looks like the key itself: "
            f"write {key} = {rule.placeholder} for now, then `tracker accounts set-token` "
            "puts the key into a file of its own"
        )


class InvalidValueError(ConfigError):
    """A value of the wrong type or out of range. It is shown if it is public."""

    def __init__(self, path: Path, where: str, key: str, rule: Value, value: object) -> None:
        super().__init__(f"{path}: {where}{key} {describe_problem(rule, value)}")


def describe_problem(rule: Value, value: object) -> str:
    """Return the problem of an invalid `value`: `must be … (it is …)`."""
    item = rule.item_is_valid and _describe_invalid_item(value, rule.item_is_valid)
    return f"must be {rule.description} (it is {item or _describe(value, public=rule.public)})"


def contains_key(value: object) -> bool:
    """Return whether a name, the last part of a path or a program name looks like a key."""
    text = value[0] if isinstance(value, list) and value else value
    if not isinstance(text, str) or text.startswith(f"{KEYS}/"):
        return False  # a key file is named after its account, whatever that name looks like
    return looks_like_key(text) or looks_like_key(PurePath(text).name)


def is_text(value: object) -> bool:
    """Return whether `value` is printable text that is not blank."""
    return isinstance(value, str) and value.isprintable() and bool(value.strip())


def is_name(value: object) -> bool:
    """Return whether `value` can name an account: short text without spaces around it."""
    return isinstance(value, str) and is_text(value) and value == value.strip()[:NAME_LIMIT]


def _is_variable(value: object) -> bool:
    return isinstance(value, str) and bool(_VARIABLE.fullmatch(value))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(is_text(item) for item in value)


def _is_headers(value: object) -> bool:
    return isinstance(value, dict) and all(map(is_header, value.items()))


def is_header(header: tuple[str, object]) -> bool:
    """Return whether `header`, a name and a value, can be sent as an extra header."""
    name, value = header
    known = _HEADER_NAME.fullmatch(name) and name.lower() not in _RESERVED_HEADERS
    return bool(known) and is_text(value) and str(value).isascii()


NAME = Value(
    f"1 to {NAME_LIMIT} printable characters without spaces around them", is_name, public=True
)
TEXT = Value("printable text in quotes", is_text)
TEXTS = Value('a list of texts, as in ["one", "two"]', _is_texts, item_is_valid=is_text)
WORDS = Value(
    'a list of words, as in ["pass", "show", "aihubmix"]',
    lambda v: bool(v) and _is_texts(v),
    item_is_valid=is_text,
)
VARIABLE = Value("the name of an environment variable", _is_variable, '"TRACKER_TOKEN"')
KEY_FILE = Value("the path of a file", is_text, '"key"')
KEY_COMMAND = Value(WORDS.description, WORDS.is_valid, '["cat", "key"]', item_is_valid=is_text)
FLAG = Value("true or false", lambda v: isinstance(v, bool), public=True)
UNITS = Value(
    "a number of units to the dollar above 0, such as 500000 or 68493.15",
    lambda v: as_quota_per_unit(v) is not None,
    public=True,
)
AUTH = Value('"bearer" or "raw"', lambda v: v in ("bearer", "raw"), public=True)
HEADERS = Value(
    'a table of ASCII texts without Authorization, as in { "New-Api-User" = "42" }',
    _is_headers,
    item_is_valid=is_header,
)


def validate(document: Mapping[str, Any], path: Path, table: Table, where: str = "") -> None:
    """Raise a ConfigError with file, key and fix if `document` does not match `table`."""
    for key, value in document.items():
        rule = table.keys.get(key)
        if rule is None:
            raise UnknownKeyError(path, where, key, table.keys)
        if isinstance(rule, Table):
            _check_table(value, path, rule, key, where)
        elif rule.placeholder and contains_key(value):
            raise MisplacedKeyError(path, where, key, rule)
        elif not rule.is_valid(value):
            raise InvalidValueError(path, where, key, rule, value)


def _check_table(value: object, path: Path, table: Table, key: str, where: str) -> None:
    entries = value if table.many else [value]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        form = f"written as [[{key}]]" if table.many else f"a table, [{key}]"
        raise InvalidValueError(path, where, key, Value(form, bool), value)
    for number, entry in enumerate(entries, 1):
        validate(entry, path, table, f"{where}{_title(key, number, entry, many=table.many)}: ")


def _title(key: str, number: int, entry: Mapping[str, Any], *, many: bool) -> str:
    if not many:
        return f"[{key}]"
    name = entry.get("name")
    return f"{key} {name!r}" if is_name(name) else f"{key} {number}"


def _suggestion(key: str, known: Mapping[str, object]) -> str:
    if key.lower() in _SECRETS:
        return "a secret does not belong here; keep it in a file of its own and name it: token_file"
    # Imported here because only an error needs it, and it slows down every command.
    from difflib import get_close_matches

    close = get_close_matches(key[:_SHOWN], known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"


def _describe_invalid_item(value: object, is_valid: Callable[[Any], bool]) -> str | None:
    """Describe the first invalid element of a list or entry of a table."""
    if isinstance(value, list):
        invalid = (at for at, item in enumerate(value, 1) if not is_valid(item))
        return next(
            (f"a list, of which element {at} is {_describe(value[at - 1])}" for at in invalid), None
        )
    if isinstance(value, dict):
        return next(
            (_describe_entry(*entry) for entry in value.items() if not is_valid(entry)), None
        )
    return None


def _describe_entry(name: str, value: object) -> str:
    shown = repr(name[:_SHOWN]) if is_text(name) and not contains_key(name) else "an entry"
    kind = "a number" if isinstance(value, int | float) else _describe(value)
    return f"a table, in which {shown} is {kind}"


def _describe(value: object, *, public: bool = False) -> str:
    """Describe `value`: its type, and the value itself if it is public."""
    if isinstance(value, str):
        return _describe_text(value, public=public)
    if isinstance(value, bool | int | float):
        return str(value).lower()[:_SHOWN]
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "a table" if isinstance(value, dict) else "a date or time"


def _describe_text(text: str, *, public: bool) -> str:
    if not text.strip():
        return "empty"
    if not text.isprintable():
        return "text with a character that does not print"
    if public and not contains_key(text):
        return repr(text[:_SHOWN])
    return "text"
