"""What is written beside the line of an inline burn-down: the last balance and the top-ups."""

from collections.abc import Callable, Iterator

from usage_tracker import words
from usage_tracker.render.calendar import Calendar
from usage_tracker.render.html.frame import Frame
from usage_tracker.render.html.markup import Markup, element, leaf
from usage_tracker.render.plots import captions
from usage_tracker.render.plots.balance import BurnDown
from usage_tracker.render.plots.line import Step

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
    x, y, text = frame.x(at), frame.y(usd), words.dollars(usd)
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
    """To the right of the line's end where a plot so wide has room, else clear of the line."""
    at, usd = picture.line.last or (0.0, 0.0)
    width = _LETTER * len(text)
    if (1 - frame.share(at) / 100) * pixels + _MARGIN > width + 10:
        return "start", 8, -9
    slack = 6 * (frame.top - frame.low) / frame.height
    above, below = picture.end_allows(width / pixels * picture.length, slack)
    down = below and not above and frame.y(usd) < frame.height - 2 * LABEL_HEIGHT
    return "end", 0, 20 if down else -9


def steps(frame: Frame, picture: BurnDown) -> Iterator[Markup]:
    """What each top-up brought, on a phone only where it has room for it."""
    always = _that_fit(frame, picture, _NARROW_PIXELS)
    for step in _that_fit(frame, picture, _WIDE_PIXELS):
        class_ = "credit" if step in always else "credit wide"
        x, y = frame.x(step.at), frame.y(picture.line.level_after(step))
        yield element("text", _plus(step), class_=class_, text_anchor="end", x=x, y=y, dx=-5, dy=11)


def beyond(frame: Frame, picture: BurnDown, calendar: Calendar) -> Iterator[Markup]:
    """The end that is past the edge, on a phone only where it hides nothing."""
    wide, narrow = (
        picture.beyond(_EDGE / pixels * picture.length) for pixels in (_WIDE_PIXELS, _NARROW_PIXELS)
    )
    if wide is not None:
        class_ = "beyond wide" if narrow is None else "beyond"
        told, y = captions.beyond(wide, calendar), frame.y(0)
        yield element("text", told, class_=class_, text_anchor="end", x="100%", y=y, dy=-9)


def _plus(step: Step) -> str:
    return f"+{words.dollars(step.usd).removesuffix('.00')}"


def _that_fit(frame: Frame, picture: BurnDown, pixels: int) -> list[Step]:
    """Top-ups whose labels neither hide the line nor each other on a plot `pixels` wide."""
    second, taken = picture.length / pixels, picture.start
    height = LABEL_HEIGHT * (frame.top - frame.low) / frame.height
    hidden = _behind_now(frame, picture, pixels)
    found: list[Step] = []
    for step in picture.line.steps:
        left = step.at - (_LETTER * len(_plus(step)) + 5) * second
        head = picture.line.level_after(step)
        clear = max([head - step.usd, *picture.line.within(left, step.at)]) < head - height
        if step.kind == "top_up" and clear and left >= taken and not hidden(step):
            found.append(step)
            taken = step.at
    return found


def _behind_now(frame: Frame, picture: BurnDown, pixels: int) -> Callable[[Step], bool]:
    """Whether the label of a step would lie under that of the last balance."""
    at, usd = picture.line.last or (0.0, 0.0)
    text = words.dollars(usd)
    side, *_ = _beside(frame, picture, text, pixels)
    start = at - _LETTER * len(text) * picture.length / pixels

    def hidden(step: Step) -> bool:
        apart = abs(frame.y(picture.line.level_after(step)) - frame.y(usd))
        return side == "end" and step.at > start and apart < 2 * LABEL_HEIGHT

    return hidden
