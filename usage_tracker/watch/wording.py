"""Figures and names in the one line of a check or a notice."""


def dollars(usd: float) -> str:
    """`$1,234.50`, or `-$3.00`."""
    return f"{'-' if usd < 0 else ''}${abs(usd):,.2f}"


def number(value: float) -> str:
    """At most two decimals, and none that say nothing: `0.8`, `7`."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def span(seconds: float) -> str:
    """A length of time in its largest sensible unit: `90 s`, `12 min`, `9 h`, `3 days`."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def one_line(text: str, limit: int = 200) -> str:
    """Foreign `text` on one line, without what is invisible, in at most `limit` characters."""
    visible = (" " if c.isspace() else c if c.isprintable() else "\ufffd" for c in text[:limit])
    return "".join(visible)
