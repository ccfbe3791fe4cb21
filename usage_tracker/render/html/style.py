"""The page's one style sheet: the colours of the charts, and style.css."""

import base64
import hashlib
import re
from dataclasses import fields
from pathlib import Path

from usage_tracker.render.chart_data.palette import DARK, LIGHT, Palette

_SPACE = re.compile(r"\s+")
_AROUND = re.compile(r"\s*([{};,>])\s*")


def css() -> str:
    """The style sheet, dark where the reader's screen is, light on paper."""
    rules = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    dark = f"@media screen and (prefers-color-scheme:dark){{{_colours(DARK)}}}"
    return f":root{{color-scheme:light dark}}{_colours(LIGHT)}{dark}{_shades()}{_tightened(rules)}"


def policy(style: str) -> str:
    """A Content-Security-Policy that lets the page do nothing but look like `style`."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none';style-src 'sha256-{digest}';base-uri 'none';form-action 'none'"


def _colours(palette: Palette) -> str:
    single = ((f.name, getattr(palette, f.name)) for f in fields(palette) if f.name != "heat")
    heat = ((f"h{i}", colour) for i, colour in enumerate(palette.heat))
    return ":root{" + "".join(f"--{name}:{colour};" for name, colour in (*single, *heat)) + "}"


def _shades() -> str:
    return "".join(f".h{i}{{fill:var(--h{i})}}" for i in range(len(LIGHT.heat)))


def _tightened(rules: str) -> str:
    return _AROUND.sub(r"\1", _SPACE.sub(" ", rules)).strip()
