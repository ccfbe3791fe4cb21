from tests import pictures


def test_the_readme_shows_the_report_as_the_program_prints_it() -> None:
    readme = pictures.README.read_text("utf-8")
    assert pictures.terminal_report() in readme
    assert pictures.with_report(readme) == readme


def test_the_readme_shows_charts_that_are_there() -> None:
    readme = pictures.README.read_text("utf-8")
    for name in ("balance-light", "balance-dark", "spend-light", "spend-dark"):
        assert f"docs/images/{name}.png" in readme
        assert (pictures.IMAGES / f"{name}.png").stat().st_size > 10_000
