import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strangers import give_away
from usage_tracker.config.accounts import Account, TokenFromCommand, TokenFromEnv, TokenFromFile
from usage_tracker.config.file import ConfigExposedError
from usage_tracker.config.settings import (
    ConfigMissingError,
    NoSuchAccountError,
    NothingConfiguredError,
    Settings,
    load,
)
from usage_tracker.config.toml_edit import literal
from usage_tracker.environment import child_environment
from usage_tracker.errors import ConfigError


def write(folder: Path, text: str) -> str:
    path = folder / "config.toml"
    path.write_text(text)
    return str(path)


def loaded(folder: Path, text: str) -> Settings:
    return load(write(folder, text))


class TestPrecedence:
    def test_nothing_configured_is_the_machine_s_defaults(self, tmp_path: Path) -> None:
        settings = load()
        assert settings.path == tmp_path / "home" / "config" / "usage-tracker" / "config.toml"
        assert (settings.database, settings.timezone, settings.accounts) == (None, None, ())

    def test_an_option_goes_before_the_environment_and_that_before_the_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write(tmp_path, 'database = "/from/file.db"')
        assert load(path).database == "/from/file.db"
        monkeypatch.setenv("TRACKER_DATABASE", "/from/environment.db")
        assert load(path).database == "/from/environment.db"
        settings = load(path, "/from/option.db")
        assert settings.database == "/from/option.db"
        assert settings.origins["database"] == "--db"

    def test_the_option_for_the_file_goes_before_its_variable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRACKER_CONFIG", str(tmp_path / "nowhere.toml"))
        path = write(tmp_path, 'timezone = "Asia/Taipei"')
        assert load(path).timezone == "Asia/Taipei"
        assert load(path).origins["config"] == "--config"

    def test_an_empty_variable_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("TRACKER_TOKEN", "TRACKER_BASE_URL", "TRACKER_DATABASE", "TRACKER_CONFIG"):
            monkeypatch.setenv(name, "")
        assert load().accounts == ()

    def test_a_relative_path_in_the_file_starts_from_the_file(self, tmp_path: Path) -> None:
        text = 'database = "usage.db"\n[[account]]\nname = "a"\ntoken_file = "keys/a"\n'
        settings = loaded(tmp_path, text)
        assert settings.database == str(tmp_path / "usage.db")
        assert settings.accounts[0].token == TokenFromFile(tmp_path / "keys" / "a")

    def test_a_url_and_a_home_directory_are_understood(self, tmp_path: Path) -> None:
        assert loaded(tmp_path, 'database = "postgresql://h/d"').database == "postgresql://h/d"
        assert loaded(tmp_path, 'database = "~nobody-here/d.db"').database == str(
            tmp_path / "~nobody-here" / "d.db"
        )
        assert loaded(tmp_path, 'database = "~/d.db"').database == str(tmp_path / "home" / "d.db")

    @pytest.mark.parametrize("variable", [False, True])
    def test_a_named_file_that_is_missing_is_an_error_unless_it_is_to_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, variable: bool
    ) -> None:
        missing = str(tmp_path / "missing.toml")
        monkeypatch.setenv("TRACKER_CONFIG", missing if variable else "")
        option = None if variable else missing
        with pytest.raises(ConfigMissingError, match="TRACKER_CONFIG" if variable else "--config"):
            load(option)
        assert load(option, creating=True).path == Path(missing)


class TestTheEnvironmentAlone:
    def test_a_token_makes_the_account_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRACKER_TOKEN", "fd")
        expected = Account("default", TokenFromEnv("TRACKER_TOKEN"), "https://aihubmix.com")
        assert load().accounts == (expected,)

    def test_its_gateway_may_carry_a_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRACKER_TOKEN", "fd")
        monkeypatch.setenv("TRACKER_BASE_URL", "https://Example.com/gateway/")
        assert load().accounts[0].base_url == "https://example.com/gateway"

    @pytest.mark.parametrize(
        "url", ["https://u:p@example.com", "https://example.com?a", "http://example.com", "x"]
    )
    def test_a_gateway_that_is_none_is_refused_by_its_variable_s_name(
        self, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("TRACKER_BASE_URL", url)
        with pytest.raises(ConfigError, match="TRACKER_BASE_URL"):
            load()

    @pytest.mark.parametrize(
        "name", ["AIHUBMIX_ACCESS_TOKEN", "AIHUBMIX_TOKEN", "AIHUBMIX_ACCESS_KEY"]
    )
    @pytest.mark.parametrize(
        ("url", "own"),
        [
            ("", True),
            ("https://aihubmix.com", True),
            ("https://api.aihubmix.com/x", True),
            ("https://api.inferera.com", True),
            ("https://inferera.com", False),
            ("https://aihubmix.com.example.org", False),
            ("https://notaihubmix.com", False),
            ("https://example.org/aihubmix.com", False),
            ("http://127.0.0.1:3000", False),
        ],
    )
    def test_aihubmix_s_own_variables_serve_its_own_hosts_alone(
        self, monkeypatch: pytest.MonkeyPatch, name: str, url: str, *, own: bool
    ) -> None:
        monkeypatch.setenv(name, "fd")
        monkeypatch.setenv("TRACKER_BASE_URL", url)
        settings = load()
        assert [account.token for account in settings.accounts] == [TokenFromEnv(name)] * own
        assert own or name in settings.notes[0]

    def test_tracker_token_precedes_other_variables(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIHUBMIX_TOKEN", "fd")
        monkeypatch.setenv("TRACKER_TOKEN", "fd")
        assert load().accounts[0].token == TokenFromEnv("TRACKER_TOKEN")


class TestAccounts:
    def test_every_key_reaches_the_account(self, tmp_path: Path) -> None:
        text = """
            [[account]]
            name = "work"
            base_url = "http://10.0.0.7:3000/"
            auth = "raw"
            headers = { New-Api-User = "42" }
            quota_per_unit = 1000
            allow_http = true
            fallback_urls = ["https://example.com/"]
            token_command = ["pass", "show", "work"]
        """
        assert loaded(tmp_path, text).accounts == (
            Account(
                name="work",
                token=TokenFromCommand(("pass", "show", "work")),
                base_url="http://10.0.0.7:3000",
                auth="raw",
                headers={"New-Api-User": "42"},
                quota_per_unit=1000,
                allow_http=True,
                fallback_urls=("https://example.com",),
            ),
        )

    @pytest.mark.parametrize(
        ("written", "read"),
        [("500000.0", "500000"), ("68493.15", "68493.15"), ("1e-6", "1e-06"), ("7e4", "70000")],
    )
    def test_units_to_the_dollar_need_not_be_whole(
        self, tmp_path: Path, written: str, read: str
    ) -> None:
        text = f"[[account]]\nname = 'a'\ntoken_env = 'A'\nquota_per_unit = {written}\n"
        assert repr(loaded(tmp_path, text).accounts[0].quota_per_unit) == read

    def test_configured_accounts_put_the_environment_s_aside_with_a_note(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRACKER_TOKEN", "fd")
        monkeypatch.setenv("TRACKER_BASE_URL", "nonsense")
        settings = loaded(tmp_path, '[[account]]\nname = "a"\ntoken_env = "A"\n')
        assert [account.name for account in settings.accounts] == ["a"]
        assert "TRACKER_TOKEN and TRACKER_BASE_URL are ignored" in settings.notes[0]

    def test_selected_accounts_come_once_and_in_the_order_asked_for(self, tmp_path: Path) -> None:
        text = "".join(f'[[account]]\nname = "{name}"\ntoken_env = "A"\n' for name in "abc")
        settings = loaded(tmp_path, text)
        assert [a.name for a in settings.select(("c", "a", "c"))] == ["c", "a"]
        assert [a.name for a in settings.select()] == ["a", "b", "c"]
        with pytest.raises(NoSuchAccountError, match=r"no account 'd'.*a, b, c"):
            settings.select(("d",))

    def test_no_account_at_all_says_how_to_begin(self) -> None:
        with pytest.raises(NothingConfiguredError, match="tracker init"):
            load().select()


WRONG = {
    'databse = "x"': "unknown key 'databse': did you mean database?",
    "colour = 1": "unknown key 'colour': known are database, timezone",
    "database = 5": "database must be printable text in quotes (it is 5)",
    'database = ""': "database must be printable text in quotes (it is empty)",
    'timezone = "Mars/Base"': "unknown time zone 'Mars/Base'",
    'account = "x"': "account must be written as [[account]] (it is text)",
    "[account]\nname = 'a'": "account must be written as [[account]] (it is a table)",
    "[[account]]\ntoken_env = 'A'": "account 1: it has no name",
    "[[account]]\nname = 'a'": "account 'a': it has no token: give one of token_env",
    "[[account]]\nname = 'a'\ntoken_env = 'A'\ntoken_file = 'b'": "token_env and token_file",
    "[[account]]\nname = 'a'\ntoken = 'fd0123456789abcdef'": "a secret does not belong here",
    "[[account]]\nname = 'a'\ntokenfile = 'x'": "account 'a': unknown key 'tokenfile': did you",
    "[[account]]\nname = 'a'\ntoken_command = 'pass show x'": "token_command must be a list of",
    "[[account]]\nname = 'a'\ntoken_command = []": "(it is an empty list)",
    "[[account]]\nname = 'a'\nallow_http = 1": "allow_http must be true or false (it is 1)",
    "[[account]]\nname = 'a'\nquota_per_unit = true": "or 68493.15 (it is true)",
    "[[account]]\nname = 'a'\nquota_per_unit = 0": "or 68493.15 (it is 0)",
    "[[account]]\nname = 'a'\nquota_per_unit = -0.5": "or 68493.15 (it is -0.5)",
    "[[account]]\nname = 'a'\nquota_per_unit = nan": "or 68493.15 (it is nan)",
    "[[account]]\nname = 'a'\nquota_per_unit = inf": "or 68493.15 (it is inf)",
    "[[account]]\nname = 'a'\nquota_per_unit = 'many'": "units to the dollar above 0",
    "[[account]]\nname = 'a'\nauth = 'digest'": 'auth must be "bearer" or "raw" (it is \'digest\')',
    "[[account]]\nname = 'a'\nheaders = { Authorization = 'x' }": "headers must be",
    "[[account]]\nname = 'a'\nheaders = { A = 1 }": "headers must be",
    "[[account]]\nname = 'a'\nheaders = { 'A: b' = '1' }": "headers must be",
    "[notify]\nurls = ['ntfy://x', 'bogus']": "(it is a list, of which element 2 is text)",
    "[[account]]\nname = 'a'\ntoken_command = ['a', 3]": "of which element 2 is 3)",
    "[[account]]\nname = 'a'\nheaders = { A = '1', X-Y = 3 }": "in which 'X-Y' is a number)",
    '[[account]]\nname = "a\\u001b[2J"': "account 1: name must be 1 to 100 printable",
    '[[account]]\nname = "a\\u202e"': "account 1: name must be",
    "[[account]]\nname = ' a'": "account 1: name must be",
    "[[account]]\nname = 'a'\ntoken_env = 'A'\nbase_url = 'ftp://x'": "account 'a': base_url",
    "[[account]]\nname = 'a'\ntoken_env = 'A'\nbase_url = 'http://x.org'": "allow_http = true",
    "[[account]]\nname = 'a'\ntoken_env = 'A'\nfallback_urls = ['x']": "account 'a': base_url",
    "[[account]]\nname='a'\ntoken_env='A'\n" * 2: "two accounts have this name",
    "database = ": "is not TOML",
    "x = 2020-13-45": "is not TOML",
    "a = " + "9" * 5000: "is not TOML: a number or a date in it is out of range",
    "a = " + "[" * 9000: "is not TOML: it is nested too deeply",
    "check = 5": "check must be a table, [check] (it is 5)",
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_a_problem_is_one_line_with_file_key_and_fix(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    message = str(caught.value)
    assert WRONG[text] in message
    assert str(tmp_path / "config.toml") in message
    assert message.isprintable()
    assert "fd0123456789abcdef" not in message


@pytest.mark.parametrize("key", ["fdSECRET0123456789abcdef01234567", "9f" * 20, "sk-SECRETSECRET"])
@pytest.mark.parametrize("rest", ["env = '{}'", "file = '{}'", "command = ['{}']"])
def test_a_key_in_the_place_of_its_name_is_refused_and_not_repeated(
    tmp_path: Path, rest: str, key: str
) -> None:
    with pytest.raises(ConfigError, match=r"account .a.: token_.* looks like the key") as caught:
        loaded(tmp_path, f"[[account]]\nname = 'a'\ntoken_{rest.format(key)}\n")
    assert key not in str(caught.value)
    assert "tracker accounts set-token" in str(caught.value)


@pytest.mark.parametrize("name", ["", "MY KEY", "my-key", "Bearer abc", "A=b"])
def test_token_env_names_a_variable(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="must be the name of an environment variable"):
        loaded(tmp_path, f"[[account]]\nname = 'a'\ntoken_env = '{name}'\n")


def test_a_key_file_may_be_called_as_its_account_whatever_that_is(tmp_path: Path) -> None:
    key = f"keys/{'9f' * 20}"
    settings = loaded(tmp_path, f"[[account]]\nname = 'a'\ntoken_file = '{key}'\n")
    assert settings.account("a").token == TokenFromFile(tmp_path / key)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = '\x80'", b"\x00", b"#" * 5_000_000])
def test_bytes_that_are_not_a_configuration_are_reported_in_one_line(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.toml") as caught:
        load(str(path))
    assert str(caught.value).isprintable()


def test_a_directory_or_a_pipe_in_its_place_is_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ConfigError, match="cannot read the configuration"):
            load(str(path))


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert loaded(tmp_path, '\ufefftimezone = "UTC"').timezone == "UTC"


def test_the_rules_of_check_and_notify_are_accepted(tmp_path: Path) -> None:
    text = '[check]\nwarning_days = 5\n[notify]\nurls = ["ntfy://x"]\n'
    assert loaded(tmp_path, text).document["check"] == {"warning_days": 5}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "config.toml"


tables = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "base_url", "token_file", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
documents = st.dictionaries(
    st.sampled_from(["database", "timezone", "account", "check", "notify", "other"]), tables
).map(lambda document: "\n".join(f"{key} = {literal(value)}" for key, value in document.items()))


def complaint(path: Path) -> str:
    try:
        load(str(path))
    except ConfigError as error:
        return str(error)
    return ""


@given(st.binary(max_size=60) | documents.map(str.encode))
def test_a_hostile_file_is_settings_or_one_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert complaint(path).isprintable()


def test_no_subprocess_gets_a_key_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = ("WORK_KEY", "TRACKER_TOKEN", "AIHUBMIX_TOKEN")
    for variable in (*variables, "KEPT"):
        monkeypatch.setenv(variable, "hush")
    loaded(tmp_path, '[[account]]\nname = "work"\ntoken_env = "WORK_KEY"\n')
    assert child_environment().get("KEPT") == "hush"
    assert not {*variables} & {*child_environment()}


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o664, 0o777])
def test_a_file_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = Path(write(tmp_path, 'timezone = "UTC"'))
    path.chmod(mode)
    with pytest.raises(ConfigExposedError, match=r"can be written by other users.*: chmod go-w /"):
        load(str(path))
    path.chmod(mode & ~0o022)
    assert load(str(path)).timezone == "UTC"


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(write(tmp_path, ""))
    if os.geteuid() != 0:
        path.chmod(0o644)
    give_away(path, monkeypatch)
    with pytest.raises(ConfigExposedError, match="belongs to another user"):
        load(str(path))


@pytest.mark.parametrize("linked", [False, True])
def test_a_file_that_others_can_replace_is_refused(tmp_path: Path, *, linked: bool) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    path = Path(write(folder, ""))
    folder.chmod(0o777)
    named = path
    if linked:
        named = tmp_path / "link.toml"
        named.symlink_to(path)
    with pytest.raises(ConfigExposedError, match=rf"can be replaced.*: chmod o-w {folder}$"):
        load(str(named))
    folder.chmod(0o1777)
    assert load(str(named)).document == {}
