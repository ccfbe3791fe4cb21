"""Editing TOML text while keeping comments, order and formatting.

An edit is made in the text and accepted only if the TOML parser then reads the old
document with exactly that change. (tomlkit loses a comment below a removed account.)
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from usage_tracker.config.accounts import TOKEN_KEYS

Document = dict[str, Any]

_HEADER = re.compile(r"\s*\[")
_ACCOUNT = re.compile(r"\s*\[\[\s*([\"']?)account\1\s*\]\]")
_PART_OF_ACCOUNT = re.compile(r"\s*\[{1,2}\s*([\"']?)account\1\s*\.")
_KEY = re.compile(r"\s*([\"']?)([A-Za-z0-9_-]+)\1\s*=")
_BLANK_OR_COMMENT = re.compile(r"\s*(#.*)?$")


class NotPatchableError(Exception):
    """Text in a form that these edits do not support."""


def with_account(text: str, table: Mapping[str, Any]) -> str:
    """Return `text` with `table` appended as an `[[account]]`."""
    document = tomllib.loads(text)
    block = "".join(f"{key} = {literal(value)}\n" for key, value in table.items())
    entries = [*document.get("account", []), dict(table)]
    lead = f"{text.rstrip()}\n\n" if text.strip() else ""
    return _first_valid([f"{lead}[[account]]\n{block}"], {**document, "account": entries})


def without_account(text: str, index: int) -> str:
    """Return `text` without its `index`th `[[account]]`; comments above and below stay."""
    document = tomllib.loads(text)
    entries = [entry for at, entry in enumerate(document["account"]) if at != index]
    expected = {**document, "account": entries} if entries else _without(document, {"account"})
    lines = text.splitlines(keepends=True)
    start, end = _span(lines, index)
    while end > start and _BLANK_OR_COMMENT.match(lines[end - 1]):
        end -= 1
    return _first_valid(["".join(lines[:start] + lines[end:])], expected)


def with_value(text: str, index: int | None, key: str, value: object) -> str:
    """Return `text` with `key` set, of the `index`th account or of the top level.

    A token source replaces the present one.
    """
    document = tomllib.loads(text)
    replaced = set(TOKEN_KEYS) if key in TOKEN_KEYS else {key}
    expected = _with_value(document, index, replaced, {key: value})
    lines = text.splitlines(keepends=True)
    start, end = _span(lines, index)
    present = [at for at in range(start, end) if _key_of(lines[at]) in replaced]
    line = f"{key} = {literal(value)}"
    if present:
        return _first_valid(_replacements(lines, present[0], end, line), expected)
    return _first_valid(_insertions(lines, start, end, line), expected)


def literal(value: object) -> str:
    """Return `value` as TOML."""
    match value:
        case Mapping():
            pairs = (f"{json.dumps(key)} = {literal(item)}" for key, item in value.items())
            return f"{{ {', '.join(pairs)} }}"
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _span(lines: list[str], index: int | None) -> tuple[int, int]:
    """Return the lines [start, end) of an account's block, or of the top level."""
    start = 0
    if index is not None:
        accounts = [at for at, line in enumerate(lines) if _ACCOUNT.match(line)]
        if index >= len(accounts):
            raise NotPatchableError
        start = accounts[index]
    after = range(start if index is None else start + 1, len(lines))
    return start, next((at for at in after if _ends_block(lines[at])), len(lines))


def _ends_block(line: str) -> bool:
    return bool(_HEADER.match(line)) and not _PART_OF_ACCOUNT.match(line)


def _key_of(line: str) -> str | None:
    match = _KEY.match(line)
    return match[2] if match else None


def _replacements(lines: list[str], at: int, end: int, line: str) -> Iterator[str]:
    """Yield the text with line `at`, and ever more lines after it, replaced by `line`."""
    for after in range(at + 1, end + 1):
        yield "".join([*lines[:at], f"{line}{_comment(lines[at])}\n", *lines[after:]])


def _insertions(lines: list[str], start: int, end: int, line: str) -> Iterator[str]:
    """Yield the text with `line` inserted after the last line with content, or earlier."""
    content = [at for at in range(start, end) if not _BLANK_OR_COMMENT.match(lines[at])]
    first = content[-1] + 1 if content else _heading(lines[:end])
    for at in range(first, start - 1, -1):
        before = lines[:at]
        if before and not before[-1].endswith("\n"):
            before[-1] += "\n"
        yield "".join([*before, f"{line}\n", *lines[at:]])


def _heading(lines: list[str]) -> int:
    """Return the number of comment lines at the start."""
    return next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))


def _comment(line: str) -> str:
    for mark in re.finditer("#", line):
        try:
            tomllib.loads(line[: mark.start()])
        except tomllib.TOMLDecodeError:
            continue
        return "  " + line[mark.start() :].rstrip()
    return ""


def _with_value(
    document: Document, index: int | None, replaced: set[str], change: Document
) -> Document:
    if index is None:
        return _without(document, replaced) | change
    entries = list(document["account"])
    entries[index] = _without(entries[index], replaced) | change
    return {**document, "account": entries}


def _without(table: Document, keys: set[str]) -> Document:
    return {key: value for key, value in table.items() if key not in keys}


def _first_valid(candidates: Iterable[str], expected: Document) -> str:
    for text in candidates:
        try:
            if tomllib.loads(text) == expected:
                return text
        except tomllib.TOMLDecodeError:
            continue
    raise NotPatchableError
