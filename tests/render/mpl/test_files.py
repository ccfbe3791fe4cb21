import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.render import sample
from usage_tracker.errors import MisuseError
from usage_tracker.render.mpl import UnknownPictureError, picture, plot, save
from usage_tracker.render.mpl.files import Chart


def pixels(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize(("width", "height"), [(400, 250), (1000, 625), (1600, 1000)])
def test_a_png_has_the_pixels_asked_for(width: int, height: int, tmp_path: Path) -> None:
    save(plot(sample.lived_in(), width=width, height=height), tmp_path / "chart.png")
    assert pixels((tmp_path / "chart.png").read_bytes()) == (width, height)


def test_density_multiplies_the_pixels_and_not_the_layout() -> None:
    figure = plot(sample.lived_in(), width=400, height=250)
    assert pixels(picture(figure, "png", density=2)) == (800, 500)


def test_an_svg_is_well_formed_and_its_words_are_text(tmp_path: Path) -> None:
    save(plot(sample.lived_in(), width=800, height=500), tmp_path / "chart.SVG")
    root = ET.parse(tmp_path / "chart.SVG").getroot()  # noqa: S314  (our own file)
    words = "".join(root.itertext())
    assert root.get("viewBox") == "0 0 800 500"
    assert "$125.48 left" in words
    assert "Spend by day" in words


@pytest.mark.parametrize("file_format", ["png", "svg"])
def test_the_same_report_makes_the_same_bytes(file_format: str) -> None:
    first, second = (picture(plot(sample.lived_in()), file_format) for _ in range(2))
    assert first == second
    assert b"dc:date" not in first


@pytest.mark.parametrize("name", ["chart.jpg", "chart", "chart.png.txt"])
def test_any_other_ending_is_refused_with_the_ones_that_work(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownPictureError, match=r"end it in \.png or \.svg") as refused:
        save(plot(sample.lived_in()), tmp_path / name)
    assert isinstance(refused.value, MisuseError)
    assert not (tmp_path / name).exists()


def test_any_other_format_is_refused_as_well() -> None:
    with pytest.raises(UnknownPictureError, match=r"\.pdf"):
        picture(plot(sample.lived_in()), "pdf")


def test_a_notebook_shows_a_figure_sharp_and_in_its_size() -> None:
    figure = plot(sample.lived_in(), width=400, height=250)
    assert isinstance(figure, Chart)
    png, size = figure._repr_png_()
    assert pixels(png) == (800, 500)
    assert size == {"width": 400, "height": 250}
