"""What is written beside the line of an inline burn-down: the last balance and the top-ups."""

from collections.abc import Iterator

from usage_tracker import formatting
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.balance import BurnDown
from usage_tracker.render.chart_data.labels import Label, Lettering, Space, of_top_ups
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.axes import Frame
from usage_tracker.render.html.markup import Markup, element, leaf

LABEL_HEIGHT, _EDGE = 18, 95
_WIDE_PIXELS, _NARROW_PIXELS = 800, 300
_LETTER, _MARGIN = 7.5, 12

# The anchor of a label and its distance, in pixels, from what it names.
_Place = tuple[str, int, int]


def now(frame: Frame, picture: BurnDown) -> Iterator[Markup]:
    """The last balance, placed for a desk and, if that differs, for a phone."""
    if picture.line.last is None:
        return
    at, usd = picture.line.last
    x, y, text = frame.x(at), frame.y(usd), formatting.dollars(usd)
    places = [_beside(frame, picture, text, pixels) for pixels in (_WIDE_PIXELS, _NARROW_PIXELS)]
    yield leaf("circle", class_="dot", cx=x, cy=y, r=4)
    for side, dx, dy, class_ in _told_apart(places):
        yield element("text", text, class_=class_, text_anchor=side, x=x, y=y, dx=dx, dy=dy)


def _told_apart(places: list[_Place]) -> Iterator[tuple[str, int, int, str]]:
    same = len(set(places)) == 1
    classes = ("now",) if same else ("now wide", "now narrow")
    for place, class_ in zip(places, classes, strict=False):
        yield *place, class_


def _beside(frame: Frame, picture: BurnDown, text: str, pixels: int) -> _Place:
    """To the right of the line's end where a plot so wide has room, else clear of the line.

    Where neither just above nor just below is clear, it stands above all that it would hide.
    """
    at, usd = picture.line.last or (0.0, 0.0)
    width = _LETTER * len(text)
    if (1 - frame.share(at) / 100) * pixels + _MARGIN > width + 10:
        return "start", 8, -9
    slack = 6 * (frame.top - frame.low) / frame.height
    length = width / pixels * picture.length
    above, below = picture.clear_at_end(length, slack)
    if below and not above and frame.y(usd) < frame.height - 2 * LABEL_HEIGHT:
        return "end", 0, 20
    highest = max([usd, *picture.line.within(max(at - length, picture.start), at)])
    rise = 0 if above else round(frame.y(usd) - frame.y(highest))
    return "end", 0, -9 - rise


def steps(frame: Frame, picture: BurnDown) -> Iterator[Markup]:
    """What each top-up brought, placed for a desk and, if that differs, for a phone."""
    wide, narrow = (_that_fit(frame, picture, pixels) for pixels in (_WIDE_PIXELS, _NARROW_PIXELS))
    for label in dict.fromkeys((*wide, *narrow)):
        class_ = "credit wide" if label not in narrow else "credit"
        yield _written(frame, label, class_ if label in wide else "credit narrow")


def _written(frame: Frame, label: Label, class_: str) -> Markup:
    side, dx = ("end", -5) if label.before else ("start", 5)
    x, y, dy = frame.x(label.at), frame.y(label.usd), -4 if label.above else 11
    return element("text", label.text, class_=class_, text_anchor=side, x=x, y=y, dx=dx, dy=dy)


def _that_fit(frame: Frame, picture: BurnDown, pixels: int) -> tuple[Label, ...]:
    """The labels of all top-ups, if all of them have room on a plot `pixels` wide."""
    second, usd = picture.length / pixels, (frame.top - frame.low) / frame.height
    lettering = Lettering(_LETTER * second, _MARGIN * second, LABEL_HEIGHT * usd)
    taken = list(_taken_by_now(frame, picture, pixels))
    return of_top_ups(picture, lettering, frame.top, taken)


def _taken_by_now(frame: Frame, picture: BurnDown, pixels: int) -> Iterator[Space]:
    """Where the last balance is written."""
    if picture.line.last is None:
        return
    at, usd = picture.line.last
    text = formatting.dollars(usd)
    side, dx, dy = _beside(frame, picture, text, pixels)
    second, dollar = picture.length / pixels, (frame.top - frame.low) / frame.height
    left = at + (dx - _LETTER * len(text) * (side == "end")) * second
    low = usd - (dy + 4) * dollar
    yield Space(left, left + _LETTER * len(text) * second, low, low + LABEL_HEIGHT * dollar)


def beyond(frame: Frame, picture: BurnDown, calendar: Calendar) -> Iterator[Markup]:
    """The end that is past the edge, on a phone only where it hides nothing."""
    wide, narrow = (
        picture.beyond(_EDGE / pixels * picture.length) for pixels in (_WIDE_PIXELS, _NARROW_PIXELS)
    )
    if wide is not None:
        class_ = "beyond wide" if narrow is None else "beyond"
        told, y = captions.beyond(wide, calendar), frame.y(0)
        yield element("text", told, class_=class_, text_anchor="end", x="100%", y=y, dy=-9)
