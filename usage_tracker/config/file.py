"""Reading config.toml: small, regular, UTF-8, TOML, and nothing in it that means nothing."""

import os
import stat
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from usage_tracker.config.keys import SCHEMA
from usage_tracker.config.schema import check
from usage_tracker.errors import ConfigError

LIMIT = 4 * 1024 * 1024


class ConfigUnreadableError(ConfigError):
    """The file cannot be opened, or is not one."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot read the configuration {path}: {why}")


class NotTomlError(ConfigError):
    """The file is not TOML."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not TOML: {why}; see https://toml.io")


def read_config(path: Path) -> dict[str, Any]:
    """The checked content of the file `path`; nothing, if there is no such file."""
    try:
        with open_regular(path) as file:
            text = read_all(file, LIMIT)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigUnreadableError(path, why(error)) from None
    document = parse(text, path)
    check(document, path, SCHEMA)
    return document


def parse(text: bytes, path: Path) -> dict[str, Any]:
    """TOML as a dict."""
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


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """The regular file `path`, open for reading; never waits, as opening a pipe would.

    Raises OSError, or ValueError for what is not a regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("not a regular file")
        yield file


def read_all(file: BinaryIO, limit: int) -> bytes:
    """The content of `file`; a ValueError if that is more than `limit` bytes."""
    content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"larger than {limit} bytes")
    return content


def why(error: OSError | ValueError) -> str:
    """What the system says about `error`, without the path."""
    return error.strerror or "unknown error" if isinstance(error, OSError) else str(error)
