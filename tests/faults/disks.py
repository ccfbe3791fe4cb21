"""Disks that are small, full, or not to be written: real ones, mounted for the test."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, kibibytes: int) -> Iterator[Path]:
    """A file system of that size at `folder`; the test is skipped where none can be mounted."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing in `folder` can be written, not even by root."""
    if os.geteuid():
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full(disk: Path, but: int) -> Iterator[None]:
    """No room on `disk` but for so many bytes."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        _fill(file.fileno())
        os.ftruncate(file.fileno(), max(0, file.tell() - but))
    try:
        yield
    finally:
        filler.unlink()


def _fill(descriptor: int) -> None:
    try:
        while os.write(descriptor, bytes(4096)):
            pass
    except OSError:
        return


def _mount(*words: str) -> None:
    if os.geteuid():
        pytest.skip("only root can mount a disk for the test")
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted for the test: {done.stderr.strip()}")
