import pytest

from usage_tracker.ledger import counter_decrease

USUAL = 10_000


@pytest.mark.parametrize(
    ("used", "left", "surpluses"),
    [
        (900_000, 700_000, (0, 0, 0)),
        (900_000, 100_000, (0, USUAL, 0)),
        (900_000, 100_000, (0, -800_000, 800_000)),
        (900_000, 100_000, (800_000, -800_000, 0)),
        (900_000, 700_000, (0, 5_000_000, 0)),
        (900_000, 700_000, (0, -200_000, None)),
    ],
    ids=["at once", "about", "later", "sooner", "with a top-up", "not yet"],
)
def test_units_that_come_back_to_the_balance_are_a_refund(
    used: int, left: int, surpluses: counter_decrease.Surpluses
) -> None:
    assert counter_decrease.is_refund(used, left, surpluses, USUAL)


@pytest.mark.parametrize(
    ("used", "left", "surpluses"),
    [
        (900_000, 100_000, (0, -800_000, 0)),
        (900_000, 100_000, (0, 5_000_000, 0)),
        (900_000, 700_000, (0, -200_000, 0)),
        (900_000, 100_000, (None, -800_000, None)),
    ],
)
def test_units_that_do_not_are_none(
    used: int, left: int, surpluses: counter_decrease.Surpluses
) -> None:
    assert not counter_decrease.is_refund(used, left, surpluses, USUAL)


@pytest.mark.parametrize(
    ("left", "taken", "most", "spent"),
    [
        (1_000, 0, 50_000, 1_000),
        (1_000, 30_000, 50_000, 30_000),
        (1_000, 80_000, 50_000, 50_000),
        (-5, -80_000, 50_000, 0),
        (500_000, 80_000, 50_000, 0),
    ],
    ids=["since", "before too", "no more than usual", "nothing", "corrected"],
)
def test_what_a_counter_shows_after_a_reset_was_spent(
    left: int, taken: int, most: int, spent: int
) -> None:
    assert counter_decrease.spent_at_reset(900_000, left, taken, most) == spent
