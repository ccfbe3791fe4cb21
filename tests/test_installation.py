import json
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from usage_tracker.installation import DISTRIBUTION, editable_source, install_command, is_passing

EXTRAS = {"postgres", "notify", "socks", "plot", "notebook"}
MOST_PACKAGES = 25
WITHOUT_MATPLOTLIB = """
import sys

class Missing:
    def find_spec(self, name, *_):
        if name == "matplotlib":
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, Missing())
"""
ROOT = Path(__file__).parents[1]
FOREIGN = re.compile(
    r"(?<!aihubmix-)usage-tracker\[|\b(install|inject|uvx|pipx run|--from|--upgrade|-U)\b[^\n`]*"
    r"(?<![\w./-])usage-tracker\b(?! (?:itself|is|has))"
)


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return tmp_path


def installed_from(monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any] | None) -> None:
    text = None if origin is None else json.dumps(origin)
    found = SimpleNamespace(read_text=lambda _name: text)
    monkeypatch.setattr(metadata, "distribution", lambda _name: found)


def test_the_distribution_has_its_own_name_and_the_command_and_package_theirs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == DISTRIBUTION == "aihubmix-usage-tracker"
    assert project["scripts"] == {"tracker": "usage_tracker.cli:main"}
    assert set(project["optional-dependencies"]) == EXTRAS | {"dev"}


def test_without_extras_few_packages_are_installed() -> None:
    found: set[str] = set()
    pending = [DISTRIBUTION]
    while pending:
        name = canonicalize_name(pending.pop())
        if name not in found:
            found.add(name)
            needs = map(Requirement, metadata.requires(name) or [])
            pending += [r.name for r in needs if not r.marker or r.marker.evaluate({"extra": ""})]
    assert "matplotlib" not in found
    assert len(found) <= MOST_PACKAGES


@pytest.mark.parametrize(
    "call",
    [
        "from usage_tracker import cli; sys.argv[1:] = 'plot', '-o', 'usage.png'; cli.main()",
        "import usage_tracker as ut, usage_tracker.demo.notebooks as d; ut.plot(d.history())",
    ],
)
def test_a_chart_without_its_extra_names_it(tmp_path: Path, call: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_MATPLOTLIB + call],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert "charts need matplotlib: run `" in last
    assert "[plot]" in last


def test_no_text_and_no_message_names_another_distribution() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.md", "*.toml", "*.yml", "*.ipynb", ".ci/run"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    others = (ROOT / name for name in listed if name and name != "tests/test_installation.py")
    texts = {str(path): path.read_text() for path in others if path.is_file()}
    assert len(texts) > 100
    found = {name: match.group() for name, text in texts.items() if (match := FOREIGN.search(text))}
    assert found == {}


@pytest.mark.parametrize("text", ["pip install -U usage-tracker", "'usage-tracker[plot]'"])
def test_the_foreign_name_would_be_found(text: str) -> None:
    assert FOREIGN.search(text)
    assert not FOREIGN.search(text.replace("usage-tracker", DISTRIBUTION))


@pytest.mark.parametrize(
    ("file", "content", "start"),
    [
        ("uv-receipt.toml", "", "uv tool install --force "),
        ("pipx_metadata.json", "{}", "pipx install --force "),
        ("pyvenv.cfg", "home = /usr/bin\nuv = 0.9.1\n", "uv pip install --python {prefix} "),
        ("pyvenv.cfg", "home = /usr/bin\n", "{prefix}/bin/pip install "),
        ("nothing", "", "{prefix}/bin/pip install "),
    ],
)
def test_the_command_fits_how_the_program_was_installed(
    prefix: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: str, start: str
) -> None:
    installed_from(monkeypatch, None)
    (prefix / file).write_text(content)
    expected = start.replace("{prefix}", str(prefix)) + f"'{DISTRIBUTION}[postgres]'"
    assert install_command("postgres") == expected


@pytest.mark.parametrize(
    ("origin", "target"),
    [
        ({"url": "file:///my%20clone", "dir_info": {"editable": True}}, ["-e", "/my clone[plot]"]),
        ({"url": "file:///clone", "dir_info": {}}, [f"{DISTRIBUTION}[plot] @ file:///clone"]),
        (
            {"url": "https://git.example/x", "vcs_info": {"vcs": "git"}},
            [f"{DISTRIBUTION}[plot] @ git+https://git.example/x"],
        ),
    ],
)
def test_a_clone_stays_the_source(
    prefix: Path, monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any], target: list[str]
) -> None:
    installed_from(monkeypatch, origin)
    assert shlex.split(install_command("plot")) == [f"{prefix}/bin/pip", "install", *target]
    assert (editable_source() == Path("/my clone")) is ("-e" in target)


def test_without_metadata_the_index_is_named(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    assert install_command("plot") == f"{prefix}/bin/pip install '{DISTRIBUTION}[plot]'"


@pytest.mark.parametrize(
    ("path", "passing"),
    [
        ("/home/mei/.cache/uv/archive-v0/abc", True),
        ("/Users/mei/Library/Caches/uv/x", True),
        ("/home/mei/.local/share/pipx/.cache/1f", True),
        ("/srv/uv/environments-v2/x", True),
        ("/tmp/venv", True),  # noqa: S108
        ("/home/mei/.venv", False),
        ("/home/mei/.local/share/uv/tools/aihubmix-usage-tracker", False),
        ("/opt/tmp/venv", False),
    ],
)
def test_caches_and_temporary_directories_pass(
    monkeypatch: pytest.MonkeyPatch, path: str, *, passing: bool
) -> None:
    monkeypatch.setattr(sys, "prefix", path)
    assert is_passing() is passing
