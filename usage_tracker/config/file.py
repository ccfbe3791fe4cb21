"""Reading config.toml: small, regular, UTF-8, TOML, and nothing in it that means nothing."""

import tomllib
from pathlib import Path
from typing import Any

from usage_tracker.config.keys import SCHEMA
from usage_tracker.config.schema import check
from usage_tracker.errors import ConfigError
from usage_tracker.fs import open_regular, read_all

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
    text = read_text(path)
    if text is None:
        return {}
    document = parse(text, path)
    check(document, path, SCHEMA)
    return document


def read_text(path: Path) -> bytes | None:
    """Return the bytes of the file `path`, at most `LIMIT`; None if there is no such file."""
    try:
        with open_regular(path) as file:
            return read_all(file, LIMIT)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigUnreadableError(path, why(error)) from None


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


def why(error: OSError | ValueError) -> str:
    """What the system says about `error`, without the path."""
    return error.strerror or "unknown error" if isinstance(error, OSError) else str(error)
