from pathlib import Path

import pytest

from usage_tracker.config.settings import Settings, load
from usage_tracker.config.thresholds import Channels, Thresholds
from usage_tracker.errors import ConfigError
from usage_tracker.times import HOUR, MINUTE


def settings(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load(str(path))


def test_without_a_word_the_defaults_hold(tmp_path: Path) -> None:
    document = settings(tmp_path, "").document
    assert Thresholds.read(document, "work") == Thresholds()
    assert Channels.read(document) == Channels()


def test_an_accounts_own_thresholds_go_before_the_common_ones(tmp_path: Path) -> None:
    document = settings(
        tmp_path,
        """
[check]
warning_days = 10
max_age = "2h"

[[account]]
name = "work"
token_env = "A"
check = { warning_days = 3.5, max_age = "20m", monthly_budget = 100 }

[[account]]
name = "home"
token_env = "B"
""",
    ).document
    work, home = (Thresholds.read(document, name) for name in ("work", "home"))
    assert (work.warning_days, work.max_age, work.monthly_budget) == (3.5, 20 * MINUTE, 100)
    assert (home.warning_days, home.max_age, home.monthly_budget) == (10, 2 * HOUR, None)
    assert Thresholds.read(document, "stranger") == home


def test_channels_are_read_and_not_shown(tmp_path: Path) -> None:
    text = '[notify]\nurls = ["ntfy://hush"]\ncommand = ["a", "hush"]\nping_url = "https://h/hush"'
    channels = Channels.read(settings(tmp_path, text).document)
    assert channels == Channels(("ntfy://hush",), ("a", "hush"), "https://h/hush")
    assert "hush" not in repr(channels)


def test_a_ping_alone_is_not_a_channel() -> None:
    assert not Channels(ping_url="https://h/x")
    assert Channels(urls=("ntfy://x",))
    assert Channels(command=("true",))


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("check", "warning_days", "-1"),
        ("check", "warning_days", "nan"),
        ("check", "warning_days", "true"),
        ("check", "warning_days", '"7"'),
        ("check", "monthly_budget", "1e300"),
        ("check", "max_age", "3600"),
        ("check", "max_age", '"soon"'),
        ("check", "max_age", '"0m"'),
        ("notify", "urls", '"ntfy://hush"'),
        ("notify", "urls", '["hush"]'),
        ("notify", "command", '"mail hush"'),
        ("notify", "command", "[]"),
        ("notify", "ping_url", '"ftp://hush"'),
    ],
)
def test_nonsense_is_refused_by_its_key_and_not_shown(
    tmp_path: Path, table: str, key: str, value: str
) -> None:
    with pytest.raises(ConfigError, match=rf"\[{table}\]: {key} must be ") as caught:
        settings(tmp_path, f"[{table}]\n{key} = {value}\n")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(("table", "key"), [("check", "warning_day"), ("notify", "url")])
def test_a_misspelt_key_is_refused_with_the_right_one(tmp_path: Path, table: str, key: str) -> None:
    with pytest.raises(ConfigError, match=f"did you mean {key}s"):
        settings(tmp_path, f"[{table}]\n{key} = 1\n")
