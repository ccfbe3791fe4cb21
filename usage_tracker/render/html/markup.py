"""HTML by construction: text that is not markup is escaped, and invisible characters are shown."""

from collections.abc import Iterable
from html import escape

from usage_tracker import formatting

Attribute = str | float | None


class Markup(str):
    """Text that is HTML already. Only this module makes it."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: Attribute) -> Markup:
    """Return `<name attributes>children</name>`; children that are not Markup are escaped.

    An attribute that is None is left out; `class_` is `class`, `aria_label` is `aria-label`.
    """
    return Markup(f"<{name}{_attributes(attributes)}>{join(children)}</{name}>")


def leaf(name: str, /, **attributes: Attribute) -> Markup:
    """Return an element without content: a void one of HTML or any of SVG."""
    return Markup(f"<{name}{_attributes(attributes)}/>")


def join(parts: Iterable[str]) -> Markup:
    """Return `parts` one after the other; those that are not Markup are escaped."""
    return Markup("".join(part if isinstance(part, Markup) else _escaped(part) for part in parts))


def stylesheet(css: str) -> Markup:
    """Return `css`, which must not hold foreign text, as a `<style>` element."""
    return Markup(f"<style>{css}</style>")


def _attributes(attributes: dict[str, Attribute]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="'
        f'{_escaped(value if isinstance(value, str) else f"{value:.6g}")}"'
        for name, value in attributes.items()
        if value is not None
    )


def _escaped(text: str) -> str:
    return escape(text if text.isprintable() else formatting.plain(text, len(text)))
