"""Execute the notebooks and store their outputs: `python -m tests.notebooks.execute`.

They show the demo's history, not this machine's. Outputs stay small: no execution times, no
plain-text copies of tables, few colours.
"""

import base64
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_TIMEOUT = 120
_COLOURS = 96


def run(notebook: NotebookNode, environment: Mapping[str, str]) -> None:
    """Execute `notebook` in a new kernel; raise the error of a cell."""
    client = NotebookClient(notebook, timeout=_TIMEOUT, record_timing=False)
    client.execute(env=dict(environment))


def read(path: Path) -> NotebookNode:
    """Return the notebook in the file `path`."""
    notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def tidy(notebook: NotebookNode) -> None:
    """Remove everything that depends on time or machine."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            if "data" in output:
                _reduce(output)


def _reduce(output: NotebookNode) -> None:
    data = output.data
    if {"text/html", "image/png"} & set(data):
        data.pop("text/plain", None)
    if "image/png" in data:
        data["image/png"] = _with_few_colours(data["image/png"])


def _with_few_colours(png: str) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    reduced = io.BytesIO()
    flat = picture.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    flat.save(reduced, format="png", optimize=True)
    return base64.b64encode(reduced.getvalue()).decode()


def _without_data(home: Path) -> dict[str, str]:
    """Return an environment with neither configuration nor database."""
    places = {f"XDG_{name}_HOME": str(home) for name in ("CONFIG", "DATA", "CACHE")}
    return {"PATH": os.environ["PATH"], "HOME": str(home), **places}


def main() -> None:
    """Execute every notebook in place."""
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            notebook = read(path)
            run(notebook, _without_data(Path(folder)))
            tidy(notebook)
            nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
