"""The result of a check by `tracker doctor`."""

from dataclasses import dataclass
from typing import Literal

from usage_tracker.errors import TrackerError

Gravity = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """The result of one check.

    `subject` is what was checked (`token`, `disk`, …), `account` the account it belongs to,
    if any. A `wrong` result has a `cure`, unless `text` is an error message that includes
    it. A `note` needs no action.
    """

    subject: str
    gravity: Gravity
    text: str
    cure: str | None = None
    account: str | None = None


def ok(subject: str, text: str, account: str | None = None) -> Diagnostic:
    """Return the result of a check that found no problem."""
    return Diagnostic(subject, "ok", text, None, account)


def note(
    subject: str, text: str, cure: str | None = None, account: str | None = None
) -> Diagnostic:
    """Return a result that is worth knowing but no problem."""
    return Diagnostic(subject, "note", text, cure, account)


def problem(subject: str, text: str, cure: str, account: str | None = None) -> Diagnostic:
    """Return a problem and its fix."""
    return Diagnostic(subject, "wrong", text, cure, account)


def from_error(subject: str, error: TrackerError, account: str | None = None) -> Diagnostic:
    """Return `error` as a problem."""
    return Diagnostic(subject, "wrong", str(error), None, account)
