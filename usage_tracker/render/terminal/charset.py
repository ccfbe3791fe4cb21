"""The characters a terminal is drawn with: block elements, or ASCII where there is no more.

Each row of levels rises from almost nothing to full. In ASCII every other character
is replaced before anything is laid out, so that widths hold, and no sign of a picture,
of its marks or of a table means two things.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from usage_tracker.encoding import spelled


@dataclass(frozen=True, slots=True)
class Ink:
    """One set of characters. `marks` are those of events, by their kind."""

    unicode: bool
    bar: str
    guessed: str
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
        """`text` in characters the terminal has."""
        if self.unicode:
            return text
        return spelled(text)


BLOCKS = Ink(
    unicode=True,
    bar="▏▎▍▌▋▊▉█",
    guessed="▒",
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
    marks={"top_up": "▲", "refund": "◁", "adjustment": "◇", "reset": "↺", "gap": "┄"},
)

ASCII = Ink(
    unicode=False,
    bar="#",
    guessed="=",
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
    marks={"top_up": "^", "refund": "<", "adjustment": "*", "reset": "@", "gap": "."},
)


def ink(*, unicode: bool) -> Ink:
    """The characters for a terminal that has Unicode, or has not."""
    return BLOCKS if unicode else ASCII
