"""What the doctor finds: how things are, and what to do where they are not well."""

from dataclasses import dataclass
from typing import Literal

from usage_tracker.errors import TrackerError

Gravity = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing looked at.

    `subject` names it (`token`, `disk`, …), `account` whose it is, if somebody's.
    What is `wrong` needs the `cure`; a `note` is worth knowing and harms nothing.
    An error tells its cure in its own words, the `text`, and has no other.
    """

    subject: str
    gravity: Gravity
    text: str
    cure: str | None = None
    account: str | None = None


def well(subject: str, text: str, account: str | None = None) -> Symptom:
    """Nothing is the matter."""
    return Symptom(subject, "ok", text, None, account)


def note(subject: str, text: str, cure: str | None = None, account: str | None = None) -> Symptom:
    """Worth knowing."""
    return Symptom(subject, "note", text, cure, account)


def wrong(subject: str, text: str, cure: str, account: str | None = None) -> Symptom:
    """Something does not work, or soon will not."""
    return Symptom(subject, "wrong", text, cure, account)


def failed(subject: str, error: TrackerError, account: str | None = None) -> Symptom:
    """Something ended in `error`."""
    return Symptom(subject, "wrong", str(error), None, account)
