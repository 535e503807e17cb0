from __future__ import annotations

import hmac

import pytest

from pipeline.config.config_tables import site_table
from pipeline.config.pin import PinVerifier, new_verifier, parse_verifier
from pipeline.config.site_file import parse_site
from tests.config_texts import PINS, SIGNING_SITE, SITE, replaced
from tracking.errors import ConfigurationError

SALT, DIGEST = "01" * 16, "ab" * 32
TEXT = f"scrypt$16384$8$1${SALT}${DIGEST}"


def verifier_of(person: str) -> PinVerifier:
    site = parse_site(SIGNING_SITE, "site.toml")
    found = {p.id: p.pin for p in site.persons}[person]
    assert found is not None
    return found


def test_a_verifier_accepts_its_pin_and_nothing_else() -> None:
    verifier = verifier_of("physicist-1")
    assert verifier.accepts(PINS["physicist-1"])
    for wrong in ("", "135791", "13579", "1357900", " 135790", "135790\n", "१३५७९०", "x" * 64):
        assert not verifier.accepts(wrong)


def test_a_new_verifier_reads_back_and_holds_no_pin() -> None:
    verifier = new_verifier("918273")
    again = parse_verifier(verifier.text)
    assert again == verifier
    assert again.accepts("918273")
    assert "918273" not in verifier.text


def test_one_pin_gives_another_verifier_each_time() -> None:
    assert new_verifier("918273").text != new_verifier("918273").text


def test_the_comparison_takes_the_same_time_wherever_they_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def compare(first: bytes, second: bytes) -> bool:
        compared.append((first, second))
        return first == second

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert verifier_of("surgeon-1").accepts(PINS["surgeon-1"])
    assert [len(digest) for pair in compared for digest in pair] == [32, 32]


@pytest.mark.parametrize(
    "pin",
    [
        *("", "12345", "1234567890123", "12345a", "135 790", "-135790", "१३५७९०"),
        *("000000", "777777", "123456", "789012", "987654", "654321"),
    ],
)
def test_what_is_no_pin_or_guessed_at_once_is_refused_and_not_repeated(pin: str) -> None:
    with pytest.raises(ValueError, match=r"digits") as caught:
        new_verifier(pin)
    assert not pin or pin not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        *("135790", "", TEXT[:-1], TEXT + "0", TEXT.upper(), TEXT.replace("scrypt", "md5")),
        *(TEXT.replace("16384", cost) for cost in ("1024", "16385", "1048576", "016384", "-1")),
        *(TEXT.replace("$8$", "$9$"), TEXT.replace("$1$", "$2$"), TEXT + "\n"),
    ],
)
def test_what_is_no_verifier_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"verifier|cost"):
        parse_verifier(text)


def test_a_pin_in_clear_text_is_refused_and_not_repeated() -> None:
    site = replaced(SITE, 'role = "physicist"', 'role = "physicist"\npin = "135790"')
    with pytest.raises(ConfigurationError, match=r"person.physicist-1.pin") as caught:
        parse_site(site, "site.toml")
    assert "135790" not in str(caught.value)


def test_one_person_cannot_be_registered_as_two() -> None:
    site = replaced(SIGNING_SITE, '"First Nurse"', '" first  PHYSICIST"')
    with pytest.raises(ConfigurationError, match="registered twice") as caught:
        parse_site(site, "site.toml")
    assert "person.physicist-1 and person.nurse-1" in caught.value.actual


def test_verifiers_are_not_shown_nor_written_beside_results() -> None:
    site = parse_site(SIGNING_SITE, "site.toml")
    for text in (repr(site), str(site.persons), str(site_table(site))):
        assert "3e8c64a0" not in text
        assert "scrypt" not in text
    assert [person.pin is None for person in site.persons] == [True, False, False]


@pytest.mark.parametrize(
    "name", ["First\u200b Physicist", "\uff26irst  PHYSICIST", "Fir\u00adst Physicist"]
)
def test_a_name_that_only_looks_another_is_the_same_person(name: str) -> None:
    twice = SIGNING_SITE + f'[person.other]\nname = "{name}"\nrole = "surgeon"\n'
    with pytest.raises(ConfigurationError, match="registered twice"):
        parse_site(twice, "site.toml")


def test_one_pins_line_never_signs_for_two() -> None:
    pin = next(line for line in SIGNING_SITE.splitlines() if line.startswith("pin = "))
    copied = f'{SIGNING_SITE}[person.other]\nname = "Another"\nrole = "surgeon"\n{pin}\n'
    with pytest.raises(ConfigurationError, match="sign for two") as caught:
        parse_site(copied, "site.toml")
    assert "person.physicist-1 and person.other" in caught.value.actual
    assert "scrypt" not in str(caught.value)
