"""Colours for light and dark backgrounds, and the marker shapes of events.

Four hues with one meaning each (balance, spend, credit, depletion) from Okabe and Ito's
colour-blind safe set. Shapes and textures differ too, so that colour is never needed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Hexadecimal colours by meaning; `haze` shades unknown time, `out` marks depletion."""

    surface: str
    raised: str
    text: str
    muted: str
    grid: str
    axis: str
    haze: str
    balance: str
    fan: str
    spend: str
    faint: str
    credit: str
    out: str
    heat: tuple[str, ...]


LIGHT = Palette(
    surface="#ffffff",
    raised="#f6f7f9",
    text="#1c2330",
    muted="#5d6778",
    grid="#e9ecf0",
    axis="#b9c0cb",
    haze="#eef0f3",
    balance="#0b6aa8",
    fan="#cfe3f2",
    spend="#e09b1a",
    faint="#f6dfb0",
    credit="#00805e",
    out="#b54600",
    heat=("#fdf6e6", "#fbdf9f", "#f2b84b", "#d58512", "#9c5606", "#5c2f05"),
)

DARK = Palette(
    surface="#12161c",
    raised="#1a2028",
    text="#e7eaef",
    muted="#9aa5b5",
    grid="#262d37",
    axis="#4a5463",
    haze="#1b212a",
    balance="#58aee8",
    fan="#1d3d57",
    spend="#e3a436",
    faint="#5b4619",
    credit="#3fbf95",
    out="#ff8a57",
    heat=("#221d14", "#4a3611", "#7d5712", "#b47d1a", "#e3a93d", "#fbe0a0"),
)

# Corners from -1 to 1, right and up. The terminal prints the same shapes as characters.
EVENT_SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "top_up": ((-1, -0.8), (1, -0.8), (0, 1)),
    "refund": ((0.8, -1), (0.8, 1), (-1, 0)),
    "adjustment": ((0, -1.1), (1.1, 0), (0, 1.1), (-1.1, 0)),
    "reset": (
        (0, -0.4), (0.6, -1), (1, -0.6), (0.4, 0), (1, 0.6), (0.6, 1),
        (0, 0.4), (-0.6, 1), (-1, 0.6), (-0.4, 0), (-1, -0.6), (-0.6, -1),
    ),
    "covered": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "uncounted": ((-1, 0.8), (1, 0.8), (0, -1)),
    "stray": ((-1, -0.2), (1, -0.2), (1, 0.2), (-1, 0.2)),
}  # fmt: skip
CREDIT_KINDS = ("top_up", "refund")
