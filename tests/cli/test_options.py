import click
import pytest

from usage_tracker.cli.options import DOLLARS


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("20", 20.0), ("$20", 20.0), ("$ 1,000.50", 1000.5), ("-$5", -5.0),
        ("1,234,567", 1234567.0),
        ("-3.5", -3.5), (".5", 0.5), ("1e3", 1000.0), ("$20.", 20.0),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(text: str, amount: float) -> None:
    assert DOLLARS.convert(text, None, None) == amount


@pytest.mark.parametrize("text", ["", "$", "1,00", "12,3456", "$$5", "twenty", "nan", "5 USD"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        DOLLARS.convert(text, None, None)
