import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.config.base_url import (
    BaseUrlError,
    PlainHttpError,
    check_base_url,
    is_loopback,
)
from usage_tracker.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://aihubmix.com", "https://aihubmix.com"),
        (" HTTPS://AIHubMix.com:443// \n", "https://aihubmix.com"),
        ("https://example.org:8443/One-Api/", "https://example.org:8443/One-Api"),
        ("https://例え.jp", "https://xn--r8jz45g.jp"),
        ("https://[2001:DB8:0::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://127.8.0.1", "http://127.8.0.1"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_address_has_one_form(url: str, checked: str) -> None:
    assert check_base_url(url) == checked
    assert check_base_url(checked) == checked


@pytest.mark.parametrize(
    "url",
    [
        *("", "aihubmix.com", "//aihubmix.com", "ftp://aihubmix.com", "file:///etc/passwd"),
        *(
            "https://",
            "https:///x",
            "https://:8080",
            "https://a..b",
            "https://-a.com",
            "https://a b",
            "https://a\tb",
            "https://a.b/ c",
        ),
        *("https://" + "a" * 64, "https://a.b:0", "https://a.b:65536", "https://a.b:x"),
        *(
            "https://[::1",
            "https://[fe80]",
            "https://[v1.a]",
            "https://[v1.a:b]",
            "https://é..jp",
            "https://a.b\\c",
            "https://a.b/\nc",
            "https://a.b/é",
        ),
        *("https://ann:secret@a.b", "https://secret@a.b", "https://@a.b"),
        *("https://a.b?key=secret", "https://a.b/#secret", "https://a.b/?", "https://a.b#"),
    ],
)
def test_what_is_no_gateways_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BaseUrlError, match=r"write it like https://aihubmix\.com") as caught:
        check_base_url(url)
    assert "secret" not in str(caught.value)
    assert caught.value.sysexit == 78


@pytest.mark.parametrize(
    "url",
    [
        "http://aihubmix.com",
        "http://192.168.1.5:3000",
        "http://localhost.example",
        "http://127.0.0.1.nip.example",
        "http://[::ffff:192.168.1.5]",
    ],
)
def test_plain_http_is_for_loopback_and_where_it_is_allowed(url: str) -> None:
    with pytest.raises(PlainHttpError, match="allow_http"):
        check_base_url(url)
    assert check_base_url(url, allow_http=True).startswith("http://")
    assert not is_loopback(url)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:1", "https://127.0.0.1/x", "http://[::1]:9", "http://[::ffff:127.0.0.1]"],
)
def test_loopback_is_this_machine(url: str) -> None:
    assert is_loopback(check_base_url(url))


@given(st.text() | st.text().map("https://".__add__) | st.from_regex(r"https?://[!-~]{1,20}"))
def test_any_text_is_an_address_or_a_clear_error(url: str) -> None:
    try:
        checked = check_base_url(url, allow_http=True)
    except ConfigError:
        return
    assert check_base_url(checked, allow_http=True) == checked
    assert checked.isascii()


@pytest.mark.parametrize(
    ("path", "direct"),
    [("/a/../b", "/b"), ("/a/./b/", "/a/b"), ("/../a", "/a"), ("/a/..", ""), ("/a..b", "/a..b")],
)
def test_a_detour_is_no_part_of_an_address(path: str, direct: str) -> None:
    assert check_base_url(f"https://x.org{path}") == f"https://x.org{direct}"
