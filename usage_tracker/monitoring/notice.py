"""A notice of a changed alert: its title, its text, and the JSON document for a command."""

from dataclasses import dataclass
from typing import Any

from usage_tracker.config.schema import NAME_LIMIT
from usage_tracker.formatting import plain
from usage_tracker.monitoring.rules import Rule
from usage_tracker.store.alerts import Level
from usage_tracker.times import iso

_RULE_NAMES: dict[Rule, str] = {
    "days": "days left",
    "balance": "balance",
    "budget": "monthly budget",
    "spike": "spend of the day",
    "stale": "snapshots",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A change of an alert from `was` to `level`, in force since `since`, sent at `at` (UTC ms)."""

    account: str
    rule: Rule
    was: Level
    level: Level
    since: int
    at: int
    text: str

    @property
    def title(self) -> str:
        """The level, the account and the rule."""
        return f"{self.level.name}: {plain(self.account, NAME_LIMIT)}, {_RULE_NAMES[self.rule]}"

    @property
    def body(self) -> str:
        """The reason and the level before."""
        return f"{plain(self.text, 200)} (was {self.was.name})"

    def payload(self) -> dict[str, Any]:
        """Return the JSON document that a command reads on its standard input."""
        return {
            "schema": "usage-tracker.notice/1",
            "account": self.account,
            "rule": self.rule,
            "level": self.level.name.lower(),
            "was": self.was.name.lower(),
            "since": iso(self.since),
            "at": iso(self.at),
            "title": self.title,
            "text": self.text,
        }
