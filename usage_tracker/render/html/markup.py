"""HTML by construction: what is not markup already is escaped, and shows whatever it hides."""

from collections.abc import Iterable
from html import escape

from usage_tracker import formatting

Attribute = str | float | None


class Markup(str):
    """Text that is HTML already. Only this module makes it."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: Attribute) -> Markup:
    """`<name attributes>children</name>`; children that are not Markup are escaped.

    An attribute that is None is left out; `class_` is `class`, `aria_label` is `aria-label`.
    """
    return Markup(f"<{name}{_written(attributes)}>{together(children)}</{name}>")


def leaf(name: str, /, **attributes: Attribute) -> Markup:
    """An element that has no content: a void one of HTML or any of SVG."""
    return Markup(f"<{name}{_written(attributes)}/>")


def together(parts: Iterable[str], separator: str = "") -> Markup:
    """`parts` one after the other, those that are not Markup escaped."""
    safe = (part if isinstance(part, Markup) else _safe(part) for part in parts)
    return Markup(separator.join(safe))


def stylesheet(css: str) -> Markup:
    """`css` as a `<style>` element. It is the program's own and holds nothing foreign."""
    return Markup(f"<style>{css}</style>")


def _written(attributes: dict[str, Attribute]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_safe(_told(value))}"'
        for name, value in attributes.items()
        if value is not None
    )


def _safe(text: str) -> str:
    return escape(text if text.isprintable() else formatting.plain(text, len(text)))


def _told(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
