import itertools
from dataclasses import replace

from tests.render import sample
from usage_tracker.render.chart_data.balance import BurnDown, burn_down
from usage_tracker.render.chart_data.labels import Label, Lettering, Space, of_top_ups
from usage_tracker.render.chart_data.line import Line, Step, Stretch

LETTERING = Lettering(letter=1.0, gap=1.0, row=10.0)
TOP = 200.0


def picture(*top_ups: float, end: float = 100.0, usd: float = 50.0) -> BurnDown:
    """A balance that falls by a dollar a second, but for a top-up of `usd` at some seconds."""
    level, points = 100.0, [(0.0, 100.0)]
    for before, at in itertools.pairwise((0.0, *top_ups)):
        level -= at - before
        points += [(at, level), (at, level + usd)]
        level += usd
    points.append((end, level - (end - points[-1][0])))
    steps = tuple(Step(at, usd, "top_up") for at in top_ups)
    whole = burn_down(sample.lived_in(), sample.lived_in().accounts[0])
    line = Line((Stretch(tuple(points), bridged=False),), steps)
    return replace(whole, line=line, forecast=None, start=0.0, present=end, end=end)


def labels(drawn: BurnDown, *taken: Space) -> list[Label]:
    return list(of_top_ups(drawn, LETTERING, TOP, taken))


def test_a_top_up_is_labelled_left_of_its_step_below_the_head() -> None:
    (label,) = labels(picture(40))
    assert (label.text, label.usd) == ("+$50", 110.0)
    assert label.space == Space(35.0, 40.0, 100.0, 110.0)


def test_beside_a_step_lower_than_a_letter_the_label_is_above_the_upper_end() -> None:
    (label,) = labels(picture(40, usd=12))
    assert label.before
    assert label.space.low == label.usd == 72.0


def test_at_the_left_edge_the_label_is_right_of_the_step() -> None:
    (label,) = labels(picture(3))
    assert not label.before
    assert label.space.left == 3.0


def test_of_equal_steps_all_are_labelled_or_none() -> None:
    assert len(labels(picture(20, 40, 60, 80, usd=20))) == 4
    assert labels(picture(20, 40, 43, 46, 60, 80, usd=3)) == []


def test_where_one_top_up_has_no_room_beside_what_is_written_none_is_labelled() -> None:
    drawn = picture(40, 80)
    assert len(labels(drawn)) == 2
    assert labels(drawn, Space(70.0, 100.0, 0.0, TOP)) == []


def test_credits_that_are_no_top_ups_and_top_ups_out_of_view_have_no_labels() -> None:
    drawn = picture(40, 80)
    refund = replace(drawn.line.steps[0], kind="refund")
    line = replace(drawn.line, steps=(refund, drawn.line.steps[1]))
    assert [label.at for label in labels(replace(drawn, line=line))] == [80.0]
    assert [label.at for label in labels(replace(drawn, start=45.0))] == [80.0]


def test_spaces_that_only_touch_do_not_meet() -> None:
    here = Space(0, 1, 0, 1)
    assert here.meets(Space(0.5, 2, 0.5, 2))
    assert not here.meets(Space(1, 2, 0, 1))
    assert not here.meets(Space(0, 1, 1, 2))
