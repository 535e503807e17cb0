"""Words of the page: both languages complete, the English of the gate's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from pipeline.benchmarks.display_frames import Header
from pipeline.display.commands import Refused
from pipeline.qa.told import CODES, UNREADABLE, QaTold
from pipeline.recorder.recorder_status import UNSAVED, RecorderStatus, StorageTrouble
from pipeline.session.refusals import Refusal
from pipeline.workflow.step import STEPS, Why
from tests.display_session import MadeSession
from tests.integration.display_browser import FULL, shown_page
from tracking.reasons import TEXTS, Reason

Catalogue = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def catalogues(page: Page) -> dict[str, Catalogue]:
    found: dict[str, Catalogue] = page.evaluate(
        "import('/js/words/catalogue.js').then((m) => m.CATALOGUES)"
    )
    return found


def test_all_languages_have_the_same_keys(catalogues: dict[str, Catalogue]) -> None:
    english, german = catalogues["en"], catalogues["de"]
    for group in ("texts", "reasons", "refusals"):
        assert list(english[group]) == list(german[group])


def test_placeholders_are_the_same(catalogues: dict[str, Catalogue]) -> None:
    def names(text: object) -> list[str]:
        return sorted(part.split("}")[0] for part in str(text).split("{")[1:])

    german = catalogues["de"]["texts"]
    for key, text in catalogues["en"]["texts"].items():
        assert names(text) == names(german[key]), key
        assert str(german[key]).strip()


def test_english_reasons_are_the_gates_own(catalogues: dict[str, Catalogue]) -> None:
    own = {reason.value: [text.sentence, text.action] for reason, text in TEXTS.items()}
    assert catalogues["en"]["reasons"] == own


def test_every_reason_and_refusal_has_a_sentence_and_an_action(
    catalogues: dict[str, Catalogue],
) -> None:
    for catalogue in catalogues.values():
        assert set(catalogue["reasons"]) == {reason.value for reason in Reason}
        told = set(catalogue["reasons"]) | set(catalogue["refusals"])
        assert told >= {code.value for code in (*Refusal, *Why, *Refused)}
        for group in ("reasons", "refusals"):
            for code, pair in catalogue[group].items():
                assert isinstance(pair, list), code
                sentence, action = pair
                assert sentence.endswith("."), code
                assert action.endswith("."), code


def test_every_state_of_qa_and_storage_has_a_sentence(catalogues: dict[str, Catalogue]) -> None:
    for catalogue in catalogues.values():
        texts = catalogue["texts"]
        assert set(CODES) == {key[3:] for key in texts if key.startswith("qa.")}
        told = {key[8:] for key in texts if key.startswith("storage.")}
        assert told == {*StorageTrouble, UNSAVED, "warning"}


def test_english_states_are_those_of_terminal_and_report(page: Page) -> None:
    """Where a detail stands, the terminal has it alone."""
    told = [QaTold(code) for code in CODES if code != UNREADABLE]
    said = page.evaluate(SAID, [["qa", each.state, {}] for each in told])
    assert said == [each.sentence for each in told]
    status = RecorderStatus(n_dropped=12, free_bytes=1_260_000_000, failure="")
    for trouble in StorageTrouble:
        failure = "no space" if trouble is StorageTrouble.STOPPED else ""
        now = replace(status, troubles=frozenset({trouble}), failure=failure)
        values = {"n": 12, "gb": "1.3", "detail": failure}
        assert page.evaluate(SAID, [["storage", trouble, values]]) == [now.warning]


def test_german_differs_from_english(catalogues: dict[str, Catalogue]) -> None:
    english, german = catalogues["en"]["reasons"], catalogues["de"]["reasons"]
    assert all(german[code] != english[code] for code in english)


def test_an_unknown_code_is_shown_as_such(page: Page) -> None:
    sentence = page.evaluate(
        "import('/js/words/catalogue.js').then((m) => new m.Words('en').sentence('NEW_CODE'))"
    )
    assert sentence == ["Not possible now (NEW_CODE).", "If it stays, call the engineer."]


def test_a_share_says_of_what(catalogues: dict[str, Catalogue]) -> None:
    """Beside READY a bare share reads as if so much of it were ready."""
    for catalogue in catalogues.values():
        share, _, of_what = str(catalogue["texts"]["number.ofLimit"]).partition("%")
        assert share.strip() == "{n}"
        assert of_what.strip()


def test_buttons_of_the_drawing_screen_have_names_of_their_own(
    catalogues: dict[str, Catalogue],
) -> None:
    names = ("undo", "redo", "discard", "accept", "clear")
    keys = ("steps.back", *(f"draw.{name}" for name in names))
    for catalogue in catalogues.values():
        told = [catalogue["texts"][key] for key in keys]
        assert len(set(told)) == len(told), told


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_verdict_fits_its_banner(browser: Browser, language: str) -> None:
    with shown_page(browser, MadeSession(), size=FULL, language=language) as (page, _):
        spills: list[str] = page.evaluate(FIT, banners(language))
    assert spills == []


def banners(language: str) -> list[Header]:
    """What the banner can say at its longest: every reason under every word."""
    reasons: list[Header] = [
        {"verdict": TEXTS[r].severity.name, "reasons": [r.value]} for r in Reason
    ]
    return [{"language": language}, {"verdict": "READY", "reasons": []}, *reasons]


SAID = """async (asked) => {
  const { Words } = await import('/js/words/catalogue.js');
  const words = new Words('en');
  return asked.map(([group, code, values]) => words.ofCode(group, code, values));
}"""
FIT = """async ([{ language }, ...cases]) => {
  const { VerdictView } = await import('/js/verdict_view.js');
  const { bannerOf } = await import('/js/verdict.js');
  const { Words } = await import('/js/words/catalogue.js');
  const words = new Words(language);
  const view = new VerdictView();
  const root = document.getElementById('verdict').getBoundingClientRect();
  const spills = [];
  for (const { verdict, reasons } of cases) {
    const header = { verdict, reasons, holds_lease: true, moves: [], alignment: {},
                     arming: { passed: 9, needed: 10 },
                     bars: [{ value: 1, sigma: 0, lower: null, upper: 1, planned: 0 }] };
    view.show(bannerOf(header, words));
    const [text, word, number] = ['verdict-text', 'verdict-word', 'verdict-number']
      .map((id) => document.getElementById(id).getBoundingClientRect());
    if (text.bottom > root.bottom + 1) spills.push(`${reasons} below`);
    if (number.top < root.top || number.bottom > text.top + 1) spills.push(`${reasons} on text`);
    if (word.right > number.left || number.right > root.right) spills.push(`${reasons} beside`);
  }
  return spills;
}"""


def test_every_step_has_a_name(catalogues: dict[str, Catalogue]) -> None:
    for catalogue in catalogues.values():
        assert all(f"step.{step}" in catalogue["texts"] for step in STEPS)
