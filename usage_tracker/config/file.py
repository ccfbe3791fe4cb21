"""Reading and validation of config.toml, and the tables and keys that it may contain."""

import os
import shlex
import stat
import tomllib
from pathlib import Path
from typing import Any

from usage_tracker.config.schema import (
    AUTH,
    FLAG,
    HEADERS,
    KEY_COMMAND,
    KEY_FILE,
    NAME,
    TEXT,
    TEXTS,
    UNITS,
    VARIABLE,
    Table,
    validate,
)
from usage_tracker.config.thresholds import CHECK, NOTIFY
from usage_tracker.errors import ConfigError
from usage_tracker.fs import error_reason, open_regular, read_all

LIMIT = 4 * 1024 * 1024
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH

ACCOUNT = Table(
    {
        "name": NAME,
        "base_url": TEXT,
        "auth": AUTH,
        "headers": HEADERS,
        "quota_per_unit": UNITS,
        "allow_http": FLAG,
        "fallback_urls": TEXTS,
        "token_env": VARIABLE,
        "token_file": KEY_FILE,
        "token_command": KEY_COMMAND,
        "check": CHECK,
    },
    many=True,
)

SCHEMA = Table(
    {"database": TEXT, "timezone": TEXT, "account": ACCOUNT, "check": CHECK, "notify": NOTIFY}
)


class ConfigUnreadableError(ConfigError):
    """A configuration that cannot be opened or is not a regular file."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot read the configuration {path}: {why}")


class ConfigExposedError(ConfigError):
    """A configuration that other users can change."""

    def __init__(self, path: Path, why: str, cure: str, what: Path) -> None:
        super().__init__(
            f"{path} {why}, who could name any command in it: {cure} {shlex.quote(str(what))}"
        )


class NotTomlError(ConfigError):
    """A configuration that is not TOML."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not TOML: {why}; see https://toml.io")


def read_config(path: Path) -> dict[str, Any]:
    """Return the validated content of the file `path`; empty if it does not exist."""
    text = read_text(path)
    if text is None:
        return {}
    document = parse(text, path)
    validate(document, path, SCHEMA)
    return document


def read_text(path: Path) -> bytes | None:
    """Return the bytes of the file `path`, at most `LIMIT`; None if there is no such file.

    Raises:
        ConfigExposedError: Others can change it. It is refused, as ssh refuses its own.
        ConfigUnreadableError: It cannot be read.
    """
    try:
        with open_regular(path) as file:
            if os.name == "posix":
                _require_own(path, os.fstat(file.fileno()))
            return read_all(file, LIMIT)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigUnreadableError(path, error_reason(error)) from None


def _require_own(path: Path, found: os.stat_result) -> None:
    """Raise ConfigExposedError if another user can write the open file, or replace it."""
    if found.st_uid not in {0, os.geteuid()}:
        raise ConfigExposedError(path, "belongs to another user", "chown $USER", path)
    if found.st_mode & _WRITABLE_BY_OTHERS:
        raise ConfigExposedError(path, "can be written by other users", "chmod go-w", path)
    for directory in {path.absolute().parent, path.resolve().parent}:
        mode = directory.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise ConfigExposedError(path, "can be replaced by other users", "chmod o-w", directory)


def parse(text: bytes, path: Path) -> dict[str, Any]:
    """Return TOML text as a dict."""
    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise NotTomlError(path, str(error)) from None
    except UnicodeDecodeError:
        raise NotTomlError(path, "it is not UTF-8") from None
    except RecursionError:
        raise NotTomlError(path, "it is nested too deeply") from None
    except ValueError:
        raise NotTomlError(path, "a number or a date in it is out of range") from None
