"""Hosts, origins, tokens, roles, forms and rates of the display."""

from __future__ import annotations

from typing import get_args

import pytest

from pipeline.display.access import Places, Tokens, is_loopback
from pipeline.display.ages import Ages
from pipeline.display.commands import (
    COMMANDS,
    Asked,
    Drawn,
    FormError,
    for_session,
    read_hello,
    read_said,
)
from pipeline.display.hub import Hub
from pipeline.display.limits import (
    MAX_CONSOLES,
    MAX_VIEWERS,
    MAX_VIEWERS_PER_ADDRESS,
    N_AGES,
    TokenBucket,
)
from pipeline.session.commands import ClientMessage

PLACES = Places(frozenset({"127.0.0.1:80"}), frozenset({"or1.example:7342"}))
TOKENS = Tokens("c" * 8, "v" * 8)


def headers(host: str, *origins: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", host.encode()), *((b"Origin", origin.encode()) for origin in origins)]


class TestPlaces:
    @pytest.mark.parametrize(
        ("scheme", "given", "needs_origin", "is_allowed"),
        [
            ("http", headers("127.0.0.1:80"), False, True),
            ("ws", headers("127.0.0.1:80"), True, False),
            ("ws", headers("127.0.0.1:80", "http://127.0.0.1:80"), True, True),
            ("ws", headers("127.0.0.1:80", "https://127.0.0.1:80"), True, False),
            ("ws", headers("127.0.0.1:80", "http://127.0.0.1:80", "http://x"), True, False),
            ("wss", headers("127.0.0.1:80", "https://127.0.0.1:80"), True, False),
            ("wss", headers("or1.example:7342", "https://or1.example:7342"), True, True),
            ("wss", headers("or1.example:7342", "https://or1.example:7342.evil"), True, False),
            ("ws", headers("or1.example:7342", "http://or1.example:7342"), True, False),
            ("https", headers("OR1.example:7342"), False, False),
            ("https", [(b"host", b"\xff")], False, False),
            ("https", [], False, False),
            ("gopher", headers("127.0.0.1:80"), False, False),
        ],
    )
    def test_host_and_origin_are_exact(
        self, scheme: str, given: list[tuple[bytes, bytes]], needs_origin: bool, is_allowed: bool
    ) -> None:
        assert PLACES.is_allowed(scheme, given, needs_origin=needs_origin) is is_allowed

    def test_two_hosts_are_none(self) -> None:
        assert PLACES.host("http", headers("127.0.0.1:80") * 2) is None


class TestTokens:
    @pytest.mark.parametrize(
        ("role", "token", "address", "is_admitted"),
        [
            ("console", "c" * 8, "127.0.0.1", True),
            ("console", "c" * 8, "::1", True),
            ("console", "c" * 8, "192.0.2.7", False),
            ("console", "c" * 8, "", False),
            ("console", "v" * 8, "127.0.0.1", False),
            ("viewer", "v" * 8, "192.0.2.7", True),
            ("viewer", "c" * 8, "127.0.0.1", False),
            ("viewer", "", "127.0.0.1", False),
            ("viewer", "\ud800", "127.0.0.1", False),  # half a character: JSON can say it
            ("", "v" * 8, "127.0.0.1", False),
        ],
    )
    def test_role_token_and_place_belong_together(
        self, role: str, token: str, address: str, is_admitted: bool
    ) -> None:
        assert TOKENS.admits(role, token, address) is is_admitted

    def test_without_a_viewers_token_there_is_no_viewer(self) -> None:
        for token in ("", "v" * 8):
            assert not Tokens("c").admits("viewer", token, "127.0.0.1")

    def test_a_console_without_a_token_is_none(self) -> None:
        with pytest.raises(ValueError, match="token"):
            Tokens("")

    def test_what_is_no_address_is_not_here(self) -> None:
        assert not is_loopback("localhost")


class TestForms:
    def test_what_a_page_says(self) -> None:
        assert read_said('{"kind": "drawn", "sequence": 3}') == Drawn(3)
        assert read_said('{"kind": "step", "id": 2, "to": "draw"}') == Asked(
            "step", 2, {"to": "draw"}
        )
        assert read_said('{"kind": "step", "id": 2}').is_command  # type: ignore[union-attr]
        assert not read_said('{"kind": "stats", "id": 2}').is_command  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        "text",
        ['{"kind": "hello"}', '{"kind": "hello", "role": 1, "token": "x"}', '{"kind": "drawn"}'],
    )
    def test_no_hello(self, text: str) -> None:
        with pytest.raises(FormError):
            read_hello(text)

    @pytest.mark.parametrize("number", ["-1", "1.0", "1e400", "true", "null", '"1"', "9" * 40])
    def test_numbers_are_whole_and_bounded(self, number: str) -> None:
        with pytest.raises(FormError):
            read_said(f'{{"kind": "drawn", "sequence": {number}}}')


def test_every_command_of_a_page_is_one_of_the_sessions() -> None:
    kinds = {message.model_fields["kind"].default for message in get_args(ClientMessage)}
    assert kinds - {"status"} == COMMANDS  # a page need not ask: it is told with every frame


def test_a_command_reaches_the_session_without_its_number() -> None:
    asked = read_said('{"kind": "step", "id": 9, "to": "draw"}')
    assert isinstance(asked, Asked)
    assert for_session(asked).model_dump() == {"kind": "step", "to": "draw"}


def test_places_are_counted_by_role_and_address() -> None:
    hub = Hub()
    consoles = [hub.admit("console", "127.0.0.1") for _ in range(MAX_CONSOLES + 1)]
    assert consoles.count(None) == 1
    viewers = [hub.admit("viewer", f"192.0.2.{n}") for n in range(MAX_VIEWERS)]
    assert None not in viewers
    assert hub.admit("viewer", "192.0.2.99") is None
    hub.leave(viewers[0] or 0)
    assert hub.admit("viewer", "192.0.2.99") is not None
    again = Hub()
    here = [again.admit("viewer", "192.0.2.1") for _ in range(MAX_VIEWERS_PER_ADDRESS + 1)]
    assert here.count(None) == 1


def test_a_bucket_lets_its_rate_pass_and_its_burst_at_once() -> None:
    bucket = TokenBucket(rate=10, burst=5, now_s=0)
    assert [bucket.takes(0.0) for _ in range(7)].count(True) == 5
    assert bucket.takes(0.1)
    assert not bucket.takes(0.1)
    assert not bucket.takes(-5.0)  # a clock that steps back gives nothing
    assert [bucket.takes(100.0) for _ in range(7)].count(True) == 5


def test_ages_are_bounded_and_tell_their_percentiles() -> None:
    ages = Ages()
    assert ages.figures() == {"n": 0, "p50_ms": None, "p95_ms": None}
    for age in range(3 * N_AGES):
        ages.add(float(age % 101))
    figures = ages.figures()
    assert figures["n"] == N_AGES
    assert figures["p50_ms"] == pytest.approx(50, abs=2)
    assert figures["p95_ms"] == pytest.approx(95, abs=2)
