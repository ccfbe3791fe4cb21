import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.cli.template import BadTemplateError, UnknownFieldError, Value, fill

VALUES: dict[str, Value] = {"name": "x", "amount": 1234.5, "count": 7, "none": None, "large": 2**40}


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{name}!", "x!"),
        ("{amount:,.2f} {count:03d}", "1,234.50 007"),
        ("{none} {none:.2f} {none:d}", "— — —"),
        ("{{{name}}}", "{x}"),
    ],
)
def test_fields_are_filled_in(template: str, line: str) -> None:
    assert fill(template, VALUES) == line


@pytest.mark.parametrize(
    "template", ["{nobody}", "{name.__class__}", "{name[0]}", "{0}", "{}", "{ name}"]
)
def test_a_field_is_a_known_name_and_nothing_else(template: str) -> None:
    with pytest.raises(UnknownFieldError, match="use one of name, amount, count, none, large"):
        fill(template, VALUES)


@pytest.mark.parametrize(
    "template", ["{", "}", "{name!r}", "{amount:{count}}", "{amount:zz}", "{large:c}"]
)
def test_what_cannot_be_read_says_so(template: str) -> None:
    with pytest.raises(BadTemplateError, match=r"write \{\{ for"):
        fill(template, VALUES)


@given(st.text(st.sampled_from("{}:!.[]0nameamountcount dfs,<>"), max_size=20))
def test_no_template_ends_in_a_defect(template: str) -> None:
    try:
        fill(template, VALUES)
    except (BadTemplateError, UnknownFieldError):
        return
