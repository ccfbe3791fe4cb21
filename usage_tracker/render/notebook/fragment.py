"""What the fragments are made of."""

from collections.abc import Iterable, Sequence

from usage_tracker.render.html.markup import Markup, element

_BOX = "max-width:52em;margin:.4em 0;line-height:1.5;overflow-x:auto"
_LINE = "margin:.15em 0"
_STRONG = f"{_LINE};font-weight:600"
_MUTED = f"{_LINE};opacity:.65"
_TABLE = "margin:.5em 0;border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit"
_CELL = "text-align:{};font-weight:400;padding:.1em 1.4em .1em 0;white-space:nowrap"
_HEAD = f"{_CELL};opacity:.65"


def box(*parts: Markup) -> Markup:
    """The whole of a fragment."""
    return element("div", *parts, style=_BOX)


def headline(*parts: str) -> Markup:
    """What is to be read first."""
    return element("p", *parts, style=_STRONG)


def line(text: str) -> Markup:
    """A paragraph."""
    return element("p", text, style=_LINE)


def footnote(text: str) -> Markup:
    """What is to be read last."""
    return element("p", text, style=_MUTED)


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A table; a heading that ends in `>` stands over numbers."""
    sides = ["right" if title.endswith(">") else "left" for title in heading]
    titles = [title.removesuffix(">") for title in heading]
    head = element("thead", _row("th", titles, sides, _HEAD))
    body = element("tbody", *(_row("td", row, sides, _CELL) for row in rows))
    return element("table", head, body, style=_TABLE)


def _row(name: str, texts: Sequence[str], sides: Sequence[str], style: str) -> Markup:
    cells = (
        element(name, text, style=style.format(side))
        for text, side in zip(texts, sides, strict=True)
    )
    return element("tr", *cells)
