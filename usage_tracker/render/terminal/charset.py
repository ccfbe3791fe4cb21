"""The characters a terminal is drawn with: block elements, or ASCII without Unicode.

Levels rise from almost nothing to full. In ASCII every other character is replaced
before the layout, so that widths hold, and no character of a chart, of its marks or of
a table has two meanings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.text import Text

from usage_tracker.formatting import signed, transliterate
from usage_tracker.reporting.model import ReportedEvent

_CREDIT = "green"


@dataclass(frozen=True, slots=True)
class Charset:
    """One set of characters; `marks` are those of events, by their kind."""

    unicode: bool
    bar: str
    estimated: str
    rising: str
    hanging: str
    spark: str
    fan: str
    line: str
    edge: str
    corner: str
    tick: str
    bracket: str
    straight: str
    short: str
    uncertain: str
    unconfirmed: str
    marks: Mapping[str, str]

    def text(self, text: str) -> str:
        """Return `text` in characters the terminal has."""
        return text if self.unicode else transliterate(text)


BLOCKS = Charset(
    unicode=True,
    bar="▏▎▍▌▋▊▉█",
    estimated="▒",
    rising="▁▂▃▄▅▆▇█",
    hanging="▔▔▔▀▀▀██",
    spark="▁▂▃▄▅▆▇█",
    fan="▓▒░",
    line="─",
    edge="│",
    corner="└",
    tick="┴",
    bracket="├┼┤",
    straight="×",  # noqa: RUF001
    short="◐",
    uncertain="◌",
    unconfirmed="△",
    marks={
        "top_up": "▲",
        "refund": "◁",
        "adjustment": "◇",
        "reset": "↺",
        "gap": "┄",
        "covered": "○",
        "uncounted": "▽",
        "stray": "✕",
    },
)

ASCII = Charset(
    unicode=False,
    bar="#",
    estimated="=",
    rising="_#",
    hanging="'#",
    spark="_1234567",
    fan="%o,",
    line="-",
    edge="|",
    corner="+",
    tick="+",
    bracket="[|]",
    straight="x",
    short="/",
    uncertain=":",
    unconfirmed="?",
    marks={
        "top_up": "^",
        "refund": "<",
        "adjustment": "*",
        "reset": "@",
        "gap": ".",
        "covered": "c",
        "uncounted": "v",
        "stray": "X",
    },
)


def event_mark(event: ReportedEvent, charset: Charset) -> Text:
    """Return one character for an event, green if it added credit."""
    unconfirmed = event.kind == "top_up" and not event.confirmed
    character = charset.unconfirmed if unconfirmed else charset.marks.get(event.kind, "!")
    return Text(character, _CREDIT if (event.quota or 0) > 0 else "")


def event_marks(events: Iterable[ReportedEvent], charset: Charset) -> Text:
    """Return the marks of all `events`, each once."""
    marks = (event_mark(event, charset) for event in events)
    return Text().join({mark.plain: mark for mark in marks}.values())


def credit(usd: float | None) -> Text:
    """Return a credit with its sign, green above zero; empty if there is none."""
    return Text(signed(usd) if usd else "", _CREDIT if (usd or 0.0) > 0 else "")
