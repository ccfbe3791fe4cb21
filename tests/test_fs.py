import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from tests.strangers import give_away
from usage_tracker import fs
from usage_tracker.fs import (
    PUBLIC,
    atomic_write,
    exists,
    is_device,
    make_directories,
    open_regular,
    read_all,
    read_tail,
)


def test_a_file_appears_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with atomic_write(path) as draft:
        draft.write_text("all of it")
        assert not path.exists()
        assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert path.read_text() == "all of it"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_public_file_is_as_readable_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        fs.write_file(tmp_path / "page.html", b"<p>", PUBLIC)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o400, 0o600])
def test_a_replaced_file_keeps_its_mode_if_asked(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "usage.prom"
    path.touch()
    path.chmod(mode)
    before = os.umask(0o077)
    try:
        fs.write_file(path, b"new", fs.PUBLIC, keep_mode=True)
    finally:
        os.umask(before)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_replaced_file_keeps_its_group(tmp_path: Path) -> None:
    path = tmp_path / "usage.prom"
    path.touch(mode=0o640)
    os.chown(path, -1, 12345)
    fs.write_file(path, b"new", keep_mode=True)
    assert (path.stat().st_gid, path.stat().st_mode & 0o777) == (12345, 0o640)


def test_a_group_that_cannot_be_kept_gains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise PermissionError

    path = tmp_path / "usage.prom"
    path.touch()
    path.chmod(0o664)
    monkeypatch.setattr(os, "chown", refuse)
    fs.write_file(path, b"new", keep_mode=True)
    assert path.stat().st_mode & 0o777 == 0o604


def test_a_replaced_file_of_another_user_gives_no_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "usage.prom"
    path.touch()
    path.chmod(0o666)
    give_away(path, monkeypatch)
    fs.write_file(path, b"new", keep_mode=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as draft:
        draft.write_text(f"half, and {1 / 0}")
    assert [(p.name, p.read_text()) for p in tmp_path.glob("*.csv*")] == [("out.csv", "before")]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "page.html"
    link.symlink_to("real/page.html")
    fs.write_file(link, b"new", follow=True)
    assert link.is_symlink()
    assert (tmp_path / "real" / "page.html").read_bytes() == b"new"


def test_a_link_is_replaced_itself_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    link = tmp_path / "page.html"
    for target in ("notes", "nothing", "page.html"):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        fs.write_file(link, b"new")
        assert not link.is_symlink()
        assert link.read_bytes() == b"new"
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.parametrize("kind", ["link to a file", "link to nothing", "link to a pipe", "pipe"])
@pytest.mark.parametrize("follow", [False, True])
def test_what_another_user_put_there_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, follow: bool
) -> None:
    path, target = tmp_path / "page.html", tmp_path / "target"
    if kind == "link to a file":
        target.write_text("mine")
    if kind.endswith("pipe"):
        os.mkfifo(path if kind == "pipe" else target)
    if kind.startswith("link"):
        path.symlink_to(target)
    give_away(path, monkeypatch)
    with pytest.raises(PermissionError, match="of another user"):
        fs.write_file(path, b"new", follow=follow)
    assert kind != "link to a file" or target.read_text() == "mine"
    assert not [*tmp_path.glob(".*.tmp")]


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_a_name_that_the_system_gives_to_another_file_is_written_through(
    tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out"
    program = f"from usage_tracker import fs\nfs.write_file(fs.Path({name!r}), b'new')"
    with out.open("wb") as stdout:
        subprocess.run([sys.executable, "-c", program], check=True, stdout=stdout)
    assert out.read_bytes() == b"new"
    assert Path("/dev/stdout").is_symlink()


def test_a_device_is_written_to_as_it_is() -> None:
    fs.write_file(Path(os.devnull), b"gone")
    assert is_device(Path(os.devnull))


def test_a_directory_that_cannot_be_synced_holds_the_file_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(path: Path, flags: int, mode: int = 0o777) -> int:
        if path == tmp_path:
            raise PermissionError
        return opened(path, flags, mode)

    opened = os.open
    monkeypatch.setattr("os.open", unreadable)
    fs.write_file(tmp_path / "page.html", b"new")
    assert (tmp_path / "page.html").read_bytes() == b"new"


@pytest.mark.parametrize("there", ["a file", "a link to nothing"])
def test_an_existing_file_stays_unless_it_may_be_replaced(tmp_path: Path, there: str) -> None:
    path = tmp_path / "out.csv"
    if there == "a file":
        path.write_text("theirs")
    else:
        path.symlink_to("nothing")
    with pytest.raises(FileExistsError), atomic_write(path, replace=False):
        pytest.fail("nothing is to be written")
    assert [each.name for each in tmp_path.iterdir() if each.name != "home"] == ["out.csv"]


def test_a_file_created_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with pytest.raises(FileExistsError), atomic_write(path, replace=False):
        path.write_text("theirs")
    assert path.read_text() == "theirs"


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(self, target)

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with atomic_write(tmp_path / "out.csv", replace=False) as draft:
        draft.write_text("all of it")
    assert (tmp_path / "out.csv").read_text() == "all of it"
    with pytest.raises(FileExistsError), atomic_write(tmp_path / "new.csv", replace=False):
        (tmp_path / "new.csv").write_text("theirs")


def test_missing_directories_are_made_private(tmp_path: Path) -> None:
    make_directories(tmp_path / "a" / "b")
    make_directories(tmp_path / "a" / "b")
    assert [stat.S_IMODE((tmp_path / each).stat().st_mode) for each in ("a", "a/b")] == [0o700] * 2


def test_what_may_not_be_looked_at_counts_as_there(tmp_path: Path) -> None:
    assert not exists(tmp_path / "none")
    assert not exists(Path(__file__) / "below a file")
    assert exists(tmp_path / ("long" * 100))
    assert exists(tmp_path)


def test_what_is_larger_than_its_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    with open_regular(path) as file:
        assert read_all(file, 5) == b"12345"
    with open_regular(path) as file, pytest.raises(ValueError, match="larger than 4 bytes"):
        read_all(file, 4)


@pytest.mark.parametrize(("limit", "tail"), [(0, b""), (2, b"45"), (5, b"12345"), (9, b"12345")])
def test_the_end_of_a_file_is_read_without_the_rest(
    tmp_path: Path, limit: int, tail: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    with open_regular(path) as file:
        assert read_tail(file, limit) == tail


def abandoned(path: Path, age: float = 90_000) -> Path:
    path.write_text("half")
    os.utime(path, (time.time() - age,) * 2)
    return path


@pytest.mark.parametrize("name", [".out.csv.0123abcd.tmp", ".out.csv.before-x.1.0123abcd.tmp"])
def test_what_a_kill_left_behind_a_day_ago_is_removed(tmp_path: Path, name: str) -> None:
    draft = abandoned(tmp_path / name)
    fs.write_file(tmp_path / "out.csv", b"new")
    assert not draft.exists()


@pytest.mark.parametrize(
    ("name", "age"),
    [
        (".out.csv.0123abcd.tmp", 80_000),
        (".other.csv.0123abcd.tmp", 90_000),
        (".out.csv.notes.tmp", 90_000),
        ("out.csv.0123abcd.tmp", 90_000),
        (".out.csv.0123abcd.tmp.x", 90_000),
    ],
)
def test_what_may_be_in_use_or_another_s_stays(tmp_path: Path, name: str, age: float) -> None:
    other = abandoned(tmp_path / name, age)
    fs.write_file(tmp_path / "out.csv", b"new")
    assert other.exists()


def test_a_draft_of_another_user_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = abandoned(tmp_path / ".out.csv.0123abcd.tmp")
    give_away(draft, monkeypatch)
    fs.write_file(tmp_path / "out.csv", b"new")
    assert draft.exists()
