"""What a refusal says: whether an answer is one, its reason, and the kind that it means.

A reason is text, or an object or list that has it, under one of the names in `_REASONS`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from usage_tracker.capture.errors import Kind, named_header

_REASONS: Final = ("message", "error", "msg", "detail", "reason", "errors")
_DEPTH: Final = 3
_ABOUT_TOKEN = re.compile(
    r"access[ _-]?token|未登录|invalid or expired|invalid user info", re.IGNORECASE
)
_SUSPENDED = re.compile(r"封禁|suspended|\bbanned\b", re.IGNORECASE)


def is_refusal(answer: Mapping[str, Any]) -> bool:
    """Return whether the gateway reports an error: `success` is false, or it has `error(s)`."""
    success = answer.get("success")
    if isinstance(success, bool):
        return not success
    error = answer.get("error")
    return (
        bool(_reason(error, _DEPTH))
        or bool(_reason(answer.get("errors"), _DEPTH))
        or (isinstance(error, Mapping) and "message" in error)
    )


def error_message(answer: Mapping[str, Any]) -> str:
    """Return the gateway's reason, not sanitised; empty if there is none."""
    return _reason(answer, _DEPTH)


def _reason(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value.strip()
    parts: Any = ()
    if isinstance(value, Mapping):
        parts = (value.get(name) for name in _REASONS)
    elif isinstance(value, list):
        parts = value[:1]
    found = (_reason(part, depth - 1) for part in parts) if depth else ()
    return next(filter(None, found), "")


def is_suspension(message: str) -> bool:
    """Return whether the gateway's message says that the account is suspended."""
    return bool(_SUSPENDED.search(message))


def refusal_kind(message: str) -> Kind:
    """Return the kind of a refusal with status 200, of which only the message says more."""
    if _ABOUT_TOKEN.search(message) or named_header(message):
        return Kind.UNAUTHORIZED
    return Kind.SUSPENDED if is_suspension(message) else Kind.REFUSED
