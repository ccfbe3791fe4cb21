import fcntl
import stat
import tomllib
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.config import editing, toml_edit
from usage_tracker.config.credentials import Token
from usage_tracker.config.editing import directory_lock
from usage_tracker.config.file import read_config
from usage_tracker.config.settings import load
from usage_tracker.errors import ConfigError

MINE = """\
# My gateways. Do not touch!
timezone = "Asia/Taipei"   # where I live

[[account]]            # the first
name = "home"
token_env = "HOME_KEY" # from direnv
base_url = "https://aihubmix.com"

# the office pays for this one
[[account]]
name   = 'work'
token_command = [
    "pass",   # the # is no comment
    "show work",
]
[account.headers]
New-Api-User = "7"

# when to wake me
[check]
warning_days = 3
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(MINE)
    return path


def test_a_new_file_is_private_and_readable_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.toml"
    editing.add_account(path, {"name": "a", "token_file": "k", "headers": {"X": 'say "hi"'}})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert load(str(path)).accounts[0].headers == {"X": 'say "hi"'}


def test_an_account_is_added_below_everything_else(path: Path) -> None:
    editing.add_account(path, {"name": "new", "token_env": "N"})
    assert path.read_text() == MINE + '\n[[account]]\nname = "new"\ntoken_env = "N"\n'


def test_an_account_is_removed_and_every_comment_outside_it_stays(path: Path) -> None:
    editing.remove_account(path, "home")
    assert path.read_text() == MINE.replace(
        '[[account]]            # the first\nname = "home"\ntoken_env = "HOME_KEY" # from direnv\n'
        'base_url = "https://aihubmix.com"\n',
        "",
    )


def test_the_last_account_takes_its_sub_tables_along(path: Path) -> None:
    editing.remove_account(path, "work")
    editing.remove_account(path, "home")
    assert "New-Api-User" not in path.read_text()
    assert set(read_config(path)) == {"timezone", "check"}
    assert "# when to wake me" in path.read_text()


def test_a_token_takes_the_place_of_another_and_the_comment_stays(path: Path) -> None:
    editing.update_account(path, "home", {"token_file": "keys/home"})
    assert path.read_text() == MINE.replace(
        'token_env = "HOME_KEY" # from direnv', 'token_file = "keys/home"  # from direnv'
    )


def test_a_value_of_many_lines_is_replaced_whole(path: Path) -> None:
    editing.update_account(path, "work", {"token_file": "k", "base_url": "https://x.org"})
    work = load(str(path)).account("work")
    assert (work.base_url, work.headers) == ("https://x.org", {"New-Api-User": "7"})
    assert "pass" not in path.read_text()


def test_a_value_of_the_top_level_is_set_above_the_tables(path: Path) -> None:
    editing.set_value(path, "database", "/d")
    editing.set_value(path, "timezone", "UTC")
    text = path.read_text()
    assert text.index('database = "/d"') < text.index("[[account]]")
    assert 'timezone = "UTC"  # where I live' in text


@pytest.mark.parametrize(
    "text",
    [
        'account = [{ name = "a", token_env = "A" }]\n',
        '[["account"]]\nname = "a"\n"token_env" = "A"\n',
        "[[ account ]]\r\nname = 'a'\r\ntoken_env = 'A'\r\n",
        'timezone = """UTC"""\n[[account]]\ntoken_env = "A"\nname = "a"',
        "[check]\nwarning_days = 1\n[[account]]\nname = 'a'\ntoken_env = 'A' # [[account]]",
    ],
)
def test_whatever_the_style_a_change_is_made_exactly_or_not_at_all(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode())
    before = tomllib.loads(text)
    try:
        editing.update_account(path, "a", {"token_file": "k"})
    except editing.ConfigNotPatchableError:
        assert path.read_bytes() == text.encode()
    else:
        changed = [{"name": "a", "token_file": "k"}]
        assert read_config(path) == {**before, "account": changed}


def test_an_edit_that_would_make_nonsense_is_not_written(path: Path) -> None:
    with pytest.raises(ConfigError, match="two accounts have this name"):
        editing.update_account(path, "home", {"name": "work"})
    with pytest.raises(ConfigError, match="unknown key"):
        editing.add_account(path, {"name": "x", "token_env": "X", "colour": "red"})
    with pytest.raises(editing.NoSuchEntryError):
        editing.remove_account(path, "nobody")
    assert path.read_text() == MINE


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    editing.set_value(link, "timezone", "UTC")
    assert link.is_symlink()
    assert read_config(path)["timezone"] == "UTC"


def test_a_directory_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(editing.ConfigUnwritableError, match="cannot write"):
        editing.write_private_file(tmp_path / "file" / "config.toml", "")


def test_a_write_that_fails_leaves_the_file_and_no_draft(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(editing.ConfigUnwritableError, match="No space left"):
        editing.set_value(path, "timezone", "UTC")
    assert path.read_text() == MINE
    assert list(path.parent.glob(".config*")) == []


def test_of_two_changes_at_once_none_is_lost(path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        with editing.locked_config(path):
            waiting = [
                pool.submit(editing.add_account, path, {"name": "new", "token_env": "N"}),
                pool.submit(editing.update_account, path, "home", {"auth": "raw"}),
                pool.submit(editing.remove_account, path, "work"),
                pool.submit(editing.set_value, path, "database", "x.db"),
            ]
            assert not wait(waiting, timeout=0.1).done
            editing.write_private_file(path, MINE.replace("Asia/Taipei", "UTC"))
        for done in waiting:
            done.result(timeout=10)
    settings = load(str(path))
    assert [account.name for account in settings.accounts] == ["home", "new"]
    assert settings.account("home").auth == "raw"
    assert (settings.database, settings.timezone) == (str(path.parent / "x.db"), "UTC")
    assert [each.name for each in path.parent.iterdir()].count("config.toml") == 1


def test_an_account_that_is_there_is_not_added_again(path: Path) -> None:
    with pytest.raises(editing.EntryExistsError, match="'home'"):
        editing.add_account(path, {"name": "home", "token_env": "N"})
    assert path.read_text() == MINE


def test_a_key_is_stored_in_a_private_file_of_its_own(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    names = ["default", "a/b", "a:b", "../../etc/passwd", "ключ", "x" * 100]
    keys = [
        editing.write_key(config, editing.choose_key_file(config, name), Token("fd"))
        for name in names
    ]
    assert len(set(keys)) == len(names)
    for key in keys:
        assert key.parent == tmp_path / "keys"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert key.read_text() == "fd\n"


def test_only_a_key_of_our_own_is_removed(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    own = editing.write_key(config, "keys/a", Token("fd"))
    other = tmp_path / "mine"
    other.write_text("fd")
    assert editing.remove_key(config, own)
    assert not editing.remove_key(config, own)
    assert not editing.remove_key(config, other)
    assert other.exists()
    assert not own.exists()


def test_a_key_that_another_account_uses_as_well_is_not_removed(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    key = editing.write_key(config, "keys/a", Token("fd"))
    editing.add_account(config, {"name": "b", "token_file": "keys/../keys/a"})
    assert not editing.remove_key(config, key)
    editing.remove_account(config, "b")
    assert editing.remove_key(config, key)


def test_a_new_key_takes_the_place_of_the_account_s_own_and_of_no_other(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    editing.write_key(config, editing.choose_key_file(config, "a"), Token("fd"))
    assert editing.choose_key_file(config, "a") == "keys/a-2"  # nobody's, as far as this file tells
    editing.add_account(config, {"name": "renamed", "token_file": "keys/a"})
    assert editing.choose_key_file(config, "renamed") == "keys/a"
    editing.add_account(config, {"name": "guest", "token_file": "keys/a"})
    assert editing.choose_key_file(config, "renamed") == "keys/renamed"


def test_a_key_that_is_missing_keeps_its_place(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    editing.add_account(config, {"name": "b", "token_file": "keys/a"})
    assert editing.choose_key_file(config, "a") == "keys/a-2"
    assert editing.choose_key_file(config, "b") == "keys/a"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
lines = st.lists(
    st.sampled_from(
        [
            *("", "# note", "[[account]]", "[check]", "[account.x]", "name = 'a' # x"),
            *("name = 'b'", "zone = [", "]", "key = '''", "[[account]]'''", "'''", "other = 1"),
        ]
    ),
    max_size=14,
).map("\n".join)


@given(lines, st.one_of(st.none(), st.integers(0, 2)), st.one_of(texts, st.lists(texts)))
def test_any_text_is_changed_exactly_or_not_at_all(
    text: str, index: int | None, value: object
) -> None:
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    entries = document.get("account")
    if index is not None and not (isinstance(entries, list) and index < len(entries)):
        return
    target = document if index is None else document["account"][index]
    try:
        after = toml_edit.with_value(text, index, "name", value)
    except toml_edit.NotPatchableError:
        return
    target["name"] = value
    assert tomllib.loads(after) == document


def can_lock(directory: Path) -> bool:
    with directory_lock(directory):
        return True


def test_one_holds_a_directory_at_a_time_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with directory_lock(tmp_path):
            other = pool.submit(can_lock, tmp_path)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.1)
        assert other.result(timeout=10)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_without_locks_in_the_system_nothing_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editing, "fcntl", None)
    with directory_lock(tmp_path):
        assert can_lock(tmp_path)


def test_without_locks_in_the_file_system_nothing_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)
    with directory_lock(tmp_path):
        assert can_lock(tmp_path)


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), directory_lock(tmp_path / "nowhere"):
        pass
