"""Figures as files: PNG and SVG, the same bytes for the same report."""

import io
from pathlib import Path

from matplotlib.figure import Figure

from usage_tracker.errors import MisuseError
from usage_tracker.render.mpl.canvas import DPI, house_style

_FORMATS = ("png", "svg")
_NOTHING_THAT_CHANGES: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


class UnknownPictureError(MisuseError):
    """A file name whose ending is no picture's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name[-60:]!r} is no picture to draw: end it in .png or .svg")


class Chart(Figure):
    """A figure that shows itself in a notebook, sharp on any screen, without pyplot."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        width, height = (round(side * DPI) for side in self.get_size_inches())
        return picture(self, "png", density=2), {"width": width, "height": height}


def picture(figure: Figure, file_format: str, *, density: float = 1) -> bytes:
    """`figure` as a `png` or `svg` file; `density` is the PNG's pixels per pixel of the figure.

    Raises UnknownPictureError for any other format.
    """
    if file_format not in _FORMATS:
        raise UnknownPictureError(f".{file_format}")
    drawn = io.BytesIO()
    metadata = _NOTHING_THAT_CHANGES[file_format]
    with house_style():
        figure.savefig(drawn, format=file_format, dpi=DPI * density, metadata=metadata)
    return drawn.getvalue()


def save(figure: Figure, path: str | Path, *, density: float = 1) -> None:
    """Write `figure` to `path`, in the format its ending names."""
    Path(path).write_bytes(picture(figure, format_of(path), density=density))


def format_of(path: str | Path) -> str:
    """The format that the ending of `path` names: `png` or `svg`."""
    file_format = Path(path).suffix.lower().removeprefix(".")
    if file_format not in _FORMATS:
        raise UnknownPictureError(str(path))
    return file_format
