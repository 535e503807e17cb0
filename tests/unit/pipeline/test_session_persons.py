from __future__ import annotations

import pytest

from pipeline.config.pin import PinVerifier
from pipeline.config.site_file import parse_site
from pipeline.session.persons import MAX_WRONG_PINS, Gatekeeper, PinCheck
from tests.config_texts import PINS, SIGNING_SITE


@pytest.fixture
def gatekeeper() -> Gatekeeper:
    return Gatekeeper(parse_site(SIGNING_SITE, "site.toml").persons)


def test_a_right_pin_is_right_for_its_own_person_only(gatekeeper: Gatekeeper) -> None:
    assert gatekeeper.check("physicist-1", PINS["physicist-1"]) is PinCheck.RIGHT
    assert gatekeeper.check("surgeon-1", PINS["surgeon-1"]) is PinCheck.RIGHT
    assert gatekeeper.check("surgeon-1", PINS["physicist-1"]) is PinCheck.WRONG


@pytest.mark.parametrize(
    ("person", "outcome"),
    [
        ("nurse-1", PinCheck.NO_PIN),
        ("nobody", PinCheck.UNKNOWN_PERSON),
        ("", PinCheck.UNKNOWN_PERSON),
        ("Physicist-1", PinCheck.UNKNOWN_PERSON),
    ],
)
def test_who_cannot_sign_is_told_apart(
    gatekeeper: Gatekeeper, person: str, outcome: PinCheck
) -> None:
    assert gatekeeper.check(person, "135790") is outcome


def test_the_fifth_wrong_pin_locks_the_person_and_nobody_else(gatekeeper: Gatekeeper) -> None:
    tries = [gatekeeper.check("physicist-1", f"99999{digit}") for digit in range(MAX_WRONG_PINS)]
    assert tries == [PinCheck.WRONG] * 5
    assert gatekeeper.check("physicist-1", PINS["physicist-1"]) is PinCheck.LOCKED
    assert gatekeeper.check("surgeon-1", PINS["surgeon-1"]) is PinCheck.RIGHT


def test_a_right_pin_gives_no_attempts_back(gatekeeper: Gatekeeper) -> None:
    for _ in range(MAX_WRONG_PINS - 1):
        gatekeeper.check("physicist-1", "999999")
    assert gatekeeper.check("physicist-1", PINS["physicist-1"]) is PinCheck.RIGHT
    assert gatekeeper.check("physicist-1", "999999") is PinCheck.WRONG
    assert gatekeeper.check("physicist-1", PINS["physicist-1"]) is PinCheck.LOCKED


def test_a_locked_person_costs_no_more_checks(
    gatekeeper: Gatekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def refuse(_: PinVerifier, pin: str) -> bool:
        checked.append(pin)
        return False

    monkeypatch.setattr(PinVerifier, "accepts", refuse)
    for _ in range(20):
        gatekeeper.check("physicist-1", "999999")
    assert len(checked) == MAX_WRONG_PINS
