"""Writing the configuration and the keys beside it: private, and whole or not at all.

A change is made to what the file says at that moment, so that of two made at once none is lost.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from typing import Any

from usage_tracker import fs
from usage_tracker.config import toml_edit
from usage_tracker.config.account_tables import index_of, read_accounts
from usage_tracker.config.accounts import TokenFromFile
from usage_tracker.config.file import parse, read_config, read_text, why
from usage_tracker.config.keys import SCHEMA
from usage_tracker.config.lock import locked
from usage_tracker.config.paths import KEYS
from usage_tracker.config.schema import check
from usage_tracker.config.token import Token
from usage_tracker.errors import ConfigError

_HEADING = "# The configuration of usage-tracker. `tracker config` shows what holds.\n"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class ConfigUnwritableError(ConfigError):
    """The configuration, or a key, cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot write {path}: {reason}")


class ConfigNotPatchableError(ConfigError):
    """The file is written in a way that a program had better leave alone."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was left as it is: write its accounts as [[account]] tables with one "
            "key a line, or make this change by hand"
        )


class NoSuchEntryError(ConfigError):
    """The account is not one of the file's."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(
            f"there is no [[account]] named {name!r} in {path}: `tracker accounts` lists them"
        )


class EntryExistsError(ConfigError):
    """The file has an account of that name."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(
            f"there is an [[account]] named {name!r} in {path} already, and it was left as it is"
        )


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Keep others from changing the configuration meanwhile. Not to be held twice at a time."""
    directory = path.resolve().parent
    with ExitStack() as stack:
        try:
            fs.make_directories(directory)
            stack.enter_context(locked(directory))
        except OSError as error:
            raise ConfigUnwritableError(path, why(error)) from None
        yield


def with_account(path: Path, table: Mapping[str, Any]) -> str:
    """The configuration's text with one more `[[account]]`."""
    if index_of(read_config(path), table["name"]) is not None:
        raise EntryExistsError(path, table["name"])
    return _changed(path, lambda text: toml_edit.with_account(text, table))


def with_changes(path: Path, name: str, changes: Mapping[str, Any]) -> str:
    """The text with keys of the account `name` set.

    A new source of its token takes the old one's place.
    """
    index = _index(path, name)

    def update(text: str) -> str:
        for key, value in changes.items():
            text = toml_edit.with_value(text, index, key, value)
        return text

    return _changed(path, update)


def add_account(path: Path, table: Mapping[str, Any]) -> None:
    """Append an `[[account]]`."""
    with changing(path):
        write_private(path, with_account(path, table))


def update_account(path: Path, name: str, changes: Mapping[str, Any]) -> None:
    """Set keys of the account `name`."""
    with changing(path):
        write_private(path, with_changes(path, name, changes))


def remove_account(path: Path, name: str) -> None:
    """Take the account `name` out."""
    with changing(path):
        index = _index(path, name)
        write_private(path, _changed(path, lambda text: toml_edit.without_account(text, index)))


def set_value(path: Path, key: str, value: str) -> None:
    """Set a key of the top level, such as `database`."""
    with changing(path):
        write_private(
            path, _changed(path, lambda text: toml_edit.with_value(text, None, key, value))
        )


def key_file(config: Path, name: str) -> str:
    """Where the key of the account `name` is to be kept, relative to the configuration.

    That is where it is kept already, or else a file that is nobody's: the account
    after which a key was named may have been renamed.
    """
    own = next((key for owner, key in _key_files(config) if owner == name), None)
    if own is not None and _is_kept_here(config, own) and len(_owners(config, own)) == 1:
        return f"{KEYS}/{own.name}"
    wanted = _file_name(name)
    names = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(f"{KEYS}/{each}" for each in names if _is_free(config, config.parent / KEYS / each))


def write_key(config: Path, file: str, token: Token) -> Path:
    """Keep `token` in a 0600 file, one that `key_file` has named."""
    path = config.parent / file
    write_private(path, token.reveal() + "\n")
    return path


def remove_key(config: Path, key: Path) -> bool:
    """Delete a file that `write_key` wrote, once no account has its key there; whether it did."""
    if not _is_kept_here(config, key):
        return False
    with changing(config):
        if not key.is_file() or _owners(config, key):
            return False
        key.unlink()
    return True


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all.

    A link (as dotfile managers make) stays one: what it points to is replaced.
    """
    try:
        fs.make_directories(path.resolve().parent)
        fs.write_file(path, text.encode())
    except OSError as error:
        raise ConfigUnwritableError(path, why(error)) from None


def _is_kept_here(config: Path, key: Path) -> bool:
    return key.parent == config.parent / KEYS


def _is_free(config: Path, key: Path) -> bool:
    return not os.path.lexists(key) and not _owners(config, key)


def _owners(config: Path, key: Path) -> list[str]:
    """The accounts that have their key in the file `key`."""
    return [owner for owner, file in _key_files(config) if file.resolve() == key.resolve()]


def _key_files(config: Path) -> list[tuple[str, Path]]:
    accounts = read_accounts(read_config(config).get("account", []), config)
    sources = [(account.name, account.token) for account in accounts]
    return [(name, token.path) for name, token in sources if isinstance(token, TokenFromFile)]


def _index(path: Path, name: str) -> int:
    index = index_of(read_config(path), name)
    if index is None:
        raise NoSuchEntryError(path, name)
    return index


def _changed(path: Path, change: Callable[[str], str]) -> str:
    """The text after a `change`, which is sound."""
    read_config(path)  # says what is wrong with it, if anything is
    found = read_text(path)
    before = _HEADING if found is None else found.decode("utf-8-sig")
    try:
        after = change(before.replace("\r\n", "\n"))
    except toml_edit.NotPatchableError:
        raise ConfigNotPatchableError(path) from None
    _require_sound(after, path)
    return after


def _require_sound(text: str, path: Path) -> None:
    document = parse(text.encode(), path)
    check(document, path, SCHEMA)
    read_accounts(document.get("account", []), path)


def _file_name(account: str) -> str:
    safe = _UNSAFE.sub("_", account)[:60]
    # Two names may look alike once made safe.
    return safe if safe == account else f"{safe}-{sha256(account.encode()).hexdigest()[:8]}"
