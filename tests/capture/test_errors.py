import pytest

from usage_tracker.capture.errors import GatewayError, Kind, describe_kind

EXIT_CODES = {
    69: "network timeout tls rate_limited server_error",
    76: "malformed not_json too_large redirected not_found",
    77: "unauthorized suspended forbidden refused",
    78: "other_account",
}


def test_every_kind_has_the_exit_code_of_the_contract() -> None:
    codes = {GatewayError(kind).sysexit: set() for kind in Kind}  # type: dict[int, set[str]]
    for kind in Kind:
        codes[GatewayError(kind).sysexit].add(str(kind))
    assert codes == {code: set(kinds.split()) for code, kinds in EXIT_CODES.items()}


@pytest.mark.parametrize("kind", Kind)
def test_every_failure_shows_what_is_wrong_and_how_to_fix_it(kind: Kind) -> None:
    what, cure = str(GatewayError(kind)).split(": ", 1)
    assert what
    assert cure


def test_a_recorded_kind_is_described_as_in_its_message() -> None:
    for kind in Kind:
        assert str(GatewayError(kind)).startswith(f"{describe_kind(kind.value)}: ")
    assert describe_kind("of_old") == "of old"


def test_the_message_shows_what_is_known() -> None:
    error = GatewayError(Kind.SERVER_ERROR, 503, "database is down", "r-1")
    assert "(database is down, HTTP 503, request r-1)" in str(error)
    assert "(" not in str(GatewayError(Kind.SERVER_ERROR))
    assert (error.exit_code, error.sysexit) == (69, 69)


def test_a_specific_fix_replaces_the_general_one() -> None:
    error = GatewayError(Kind.SERVER_ERROR, 503)
    error.replace_fix("have some tea")
    assert str(error).endswith("(HTTP 503): have some tea")
