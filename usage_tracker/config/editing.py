"""Editing the configuration and the key files beside it, atomically and privately.

Every change reads and writes the file under a lock, so that no concurrent change is lost.
The lock is on the directory and leaves no file behind. Where the system has no locks
(Windows, some network file systems) the last writer wins.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from typing import Any

from usage_tracker import fs
from usage_tracker.config import toml_edit
from usage_tracker.config.accounts import TokenFromFile, account_index, read_accounts
from usage_tracker.config.credentials import Token
from usage_tracker.config.file import SCHEMA, parse, read_config, read_text
from usage_tracker.config.paths import KEYS
from usage_tracker.config.schema import validate
from usage_tracker.errors import ConfigError
from usage_tracker.fs import error_reason

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

_HEADING = "# The configuration of usage-tracker. `tracker config` shows what holds.\n"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class ConfigUnwritableError(ConfigError):
    """A configuration or key file that cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot write {path}: {reason}")


class ConfigNotPatchableError(ConfigError):
    """A configuration in a form that cannot be edited automatically."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was left as it is: write its accounts as [[account]] tables with one "
            "key a line, or make this change by hand"
        )


class NoSuchEntryError(ConfigError):
    """An account that is not in the file."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(
            f"there is no [[account]] named {name!r} in {path}: `tracker accounts` lists them"
        )


class EntryExistsError(ConfigError):
    """An account that is already in the file."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(
            f"there is an [[account]] named {name!r} in {path} already, and it was left as it is"
        )


@contextmanager
def directory_lock(directory: Path) -> Iterator[None]:
    """Wait for the exclusive lock on `directory` and hold it. Raises OSError if it is missing."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def locked_config(path: Path) -> Iterator[None]:
    """Hold the lock on the configuration `path`. It is not reentrant."""
    directory = path.resolve().parent
    with ExitStack() as stack:
        try:
            fs.make_directories(directory)
            stack.enter_context(directory_lock(directory))
        except OSError as error:
            raise ConfigUnwritableError(path, error_reason(error)) from None
        yield


def text_with_account(path: Path, table: Mapping[str, Any]) -> str:
    """Return the configuration's text with `table` added as an `[[account]]`."""
    if account_index(read_config(path), table["name"]) is not None:
        raise EntryExistsError(path, table["name"])
    return _changed(path, lambda text: toml_edit.with_account(text, table))


def text_with_changes(path: Path, name: str, changes: Mapping[str, Any]) -> str:
    """Return the text with keys of the account `name` set.

    A new token source replaces the old one.
    """
    index = _index(path, name)

    def update(text: str) -> str:
        for key, value in changes.items():
            text = toml_edit.with_value(text, index, key, value)
        return text

    return _changed(path, update)


def add_account(path: Path, table: Mapping[str, Any]) -> None:
    """Append `table` to the configuration as an `[[account]]`."""
    with locked_config(path):
        write_private_file(path, text_with_account(path, table))


def update_account(path: Path, name: str, changes: Mapping[str, Any]) -> None:
    """Set keys of the account `name`."""
    with locked_config(path):
        write_private_file(path, text_with_changes(path, name, changes))


def remove_account(path: Path, name: str) -> None:
    """Remove the account `name`."""
    with locked_config(path):
        index = _index(path, name)
        write_private_file(
            path, _changed(path, lambda text: toml_edit.without_account(text, index))
        )


def set_value(path: Path, key: str, value: str) -> None:
    """Set a top-level key, such as `database`."""
    with locked_config(path):
        write_private_file(
            path, _changed(path, lambda text: toml_edit.with_value(text, None, key, value))
        )


def choose_key_file(config: Path, name: str) -> str:
    """Return the key file of the account `name`, relative to the configuration.

    It is the account's present key file, or else a path that no account uses: the account
    that a key file is named after may have been renamed.
    """
    own = next((key for owner, key in _key_files(config) if owner == name), None)
    if own is not None and _is_own_key_file(config, own) and len(_owners(config, own)) == 1:
        return f"{KEYS}/{own.name}"
    wanted = _file_name(name)
    names = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(
        f"{KEYS}/{each}" for each in names if _is_unused(config, config.parent / KEYS / each)
    )


def write_key(config: Path, file: str, token: Token) -> Path:
    """Write `token` to `file`, a result of `choose_key_file`, with mode 0600."""
    path = config.parent / file
    write_private_file(path, token.reveal() + "\n")
    return path


def remove_key(config: Path, key: Path) -> bool:
    """Delete a key file unless an account uses it; return whether it was deleted."""
    if not _is_own_key_file(config, key):
        return False
    with locked_config(config):
        if not key.is_file() or _owners(config, key):
            return False
        key.unlink()
    return True


def write_private_file(path: Path, text: str) -> None:
    """Write a file atomically, readable only by its owner.

    The target of a symbolic link (as dotfile managers make) is replaced, not the link.
    """
    try:
        fs.make_directories(path.resolve().parent)
        fs.write_file(path, text.encode(), follow=True)
    except OSError as error:
        raise ConfigUnwritableError(path, error_reason(error)) from None


def _is_own_key_file(config: Path, key: Path) -> bool:
    return key.parent == config.parent / KEYS


def _is_unused(config: Path, key: Path) -> bool:
    return not os.path.lexists(key) and not _owners(config, key)


def _owners(config: Path, key: Path) -> list[str]:
    """Return the accounts whose key is in the file `key`."""
    return [owner for owner, file in _key_files(config) if file.resolve() == key.resolve()]


def _key_files(config: Path) -> list[tuple[str, Path]]:
    accounts = read_accounts(read_config(config).get("account", []), config)
    sources = [(account.name, account.token) for account in accounts]
    return [(name, token.path) for name, token in sources if isinstance(token, TokenFromFile)]


def _index(path: Path, name: str) -> int:
    index = account_index(read_config(path), name)
    if index is None:
        raise NoSuchEntryError(path, name)
    return index


def _changed(path: Path, change: Callable[[str], str]) -> str:
    """Return the text after `change`, validated."""
    read_config(path)  # raises if the present file is invalid
    content = read_text(path)
    before = _HEADING if content is None else content.decode("utf-8-sig")
    try:
        after = change(before.replace("\r\n", "\n"))
    except toml_edit.NotPatchableError:
        raise ConfigNotPatchableError(path) from None
    document = parse(after.encode(), path)
    validate(document, path, SCHEMA)
    read_accounts(document.get("account", []), path)
    return after


def _file_name(account: str) -> str:
    safe = _UNSAFE.sub("_", account)[:60]
    # Different names may become the same safe name.
    return safe if safe == account else f"{safe}-{sha256(account.encode()).hexdigest()[:8]}"
