"""A notebook's code in this process, without a kernel: fast enough for many histories."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt  # noqa: TID251 (what the notebooks draw with)
from matplotlib.figure import Figure

from tests.notebooks.execute import read


@dataclass(frozen=True, slots=True)
class Outcome:
    """A notebook's variables at its end, and the figures that it made itself."""

    names: dict[str, Any]
    figures: list[Figure]


def run(path: Path) -> Outcome:
    """Run all cells of the notebook and display their values; raise the error of a cell."""
    names: dict[str, Any] = {}
    with plt.rc_context():
        for cell in read(path).cells:
            if cell.cell_type == "code":
                _show(_value(cell.source, names))
        figures = [plt.figure(number) for number in plt.get_fignums()]
        for figure in figures:
            figure.canvas.draw()
    plt.close("all")
    return Outcome(names, figures)


def _value(source: str, names: dict[str, Any]) -> object:
    """Return the value of the cell's last expression, after running the cell."""
    lines = [line for line in source.splitlines() if not line.startswith("%")]
    body = ast.parse("\n".join(lines)).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)  # noqa: S102
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307


def _show(value: object) -> None:
    for face in ("_repr_html_", "_repr_png_"):
        if hasattr(value, face):
            getattr(value, face)()
