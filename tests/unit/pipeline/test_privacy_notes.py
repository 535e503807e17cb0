"""Pseudonyms agree in every text and note of a recording; what it leaves out it says."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from calibration.text_file import content_id
from models.mask_segmenter import MaskSegmenter
from pipeline.audit.pseudonym import pseudonym
from pipeline.config.load import ConfigText, RunConfig, config_of
from pipeline.privacy.names import Colour
from pipeline.privacy.note import Privacy, privacy_of, with_privacy
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.texts import without_person
from pipeline.recorder.around import AroundRecord
from pipeline.recorder.client import LiveRecorder
from pipeline.recorder.comparison import LiveComparison
from pipeline.recorder.noting import SessionNotes
from pipeline.recorder.recorded_tracker import RecordedTracker
from pipeline.recorder.recording_notes import notes_of
from pipeline.recorder.texts import header_of_session
from pipeline.recorder.veil import Veil, pseudonymous
from pipeline.session.running import running_identities
from pipeline.surroundings import FrameFacts, Surroundings
from pipeline.tracker import Tracker
from recordings.session.parts import PartRecord, with_part
from recordings.simulation.source import open_simulation
from tests.config_texts import CATALOGUE, PLAN, RIG, SITE, replaced
from tests.recording_frames import make_header
from tests.unit.pipeline.test_recorded_revision import SCENARIO, Kept, drawn
from tracking.errors import FaultError, SourceError
from tracking.frame import LiveNotes
from tracking.marks import Marks
from tracking.snapshot import Evidence, SessionEvidence

KEY = bytes(range(32))


def configured() -> RunConfig:
    """Of texts that name persons, in values and in comments."""
    return config_of(
        ConfigText(replaced(RIG, '"any"', '"S1"'), Path("rig.toml")),
        ConfigText("# of Jane\n" + PLAN, Path("plan.toml")),
        ConfigText("# by Jane\n" + CATALOGUE, Path("mine.toml")),
        ConfigText(SITE, Path("site.toml")),
    )


def test_ids_change_with_their_texts_wherever_they_are_named() -> None:
    names, config = Pseudonyms(KEY), configured()
    header = header_of_session(replace(make_header(), embedded=()), config, "s", "m")
    gap = {"after_frame_index": 1, "before_frame_index": None, "n_lost": None}
    texts = {
        **dict(header.embedded),
        "part.json": '{"part": 1, "session_id": "x", "n_frames_before": 0}',
        "recovery-2.json": json.dumps({"from_sha256": "0" * 64, "n_frames": 3, "gaps": [gap]}),
    }
    found = dict(without_person(tuple(texts.items()), names, {"S1": "CAM-1"}))
    told, cleaned = json.loads(found["session.json"]), tomllib.loads(found["effective_config.toml"])
    ids = cleaned["ids"]
    assert told["plan"] == content_id("plan-1", found["plan.toml"]) == ids["plan"]
    assert told["rig"] == content_id("CAM-1", found["rig.toml"]) == ids["rig"]
    assert told["catalogue"] == content_id("catalogue", found["catalogue.toml"]) == ids["catalogue"]
    assert cleaned["plan"]["patient_id"] == pseudonym("patient-1", KEY)
    assert cleaned["rig"]["camera_serial"] == "CAM-1"
    assert cleaned["site"]["site_id"] == "example"
    assert "person" not in cleaned["site"]
    for name in ("part.json", "recovery-2.json"):
        assert json.loads(found[name]) == json.loads(texts[name])
    for gone in ("Jane", "First Physicist", config.plan.id, '"patient-1"', '"S1"'):
        assert not any(gone in text for text in found.values())


def test_a_plan_that_nobody_knows_is_named_by_the_key_and_stays_what_it_is() -> None:
    names, other = Pseudonyms(KEY), Pseudonyms(bytes(32))
    made = names.plan("P@123456789abc")
    assert made.startswith("P@")
    assert made not in ("P@123456789abc", other.plan("P@123456789abc"))
    assert names.plan("P@123456789abc") == made
    names.learn("P@1", "P@2")
    assert names.plan("P@1") == names.plan("P@2") == "P@2"


def test_notes_that_are_none_are_refused() -> None:
    whole = AroundRecord(
        ordinal=0, age_ms=1.0, evidence={}, confirmed=None, acknowledged_frame=None, faults=None
    ).model_dump_json()
    records = ('{"ids":3}', '{"ids":{"plan":5}}', '{"ids":{}, "a":1e999}')
    crafted = [LiveNotes(whole, record) for record in records]
    for notes in (LiveNotes("{}", "{}"), LiveNotes("[", "{}"), LiveNotes("{}", "["), *crafted):
        with pytest.raises(SourceError, match="cannot be read"):
            pseudonymous(notes, Pseudonyms(KEY))


def test_a_recording_says_what_it_leaves_out_and_never_takes_it_back() -> None:
    header = make_header()
    assert with_privacy(header, Privacy()) is header
    assert privacy_of(header) == Privacy()
    cone = with_privacy(header, Privacy(Colour.CONE))
    assert privacy_of(with_privacy(cone, Privacy())).colour is Colour.CONE
    both = with_privacy(cone, Privacy(Colour.OFF, "pseudonym"))
    assert privacy_of(with_privacy(both, Privacy(Colour.CONE))) == Privacy(Colour.OFF, "pseudonym")
    assert len(list(privacy_of(both).sentences())) == 2
    copied = replace(header, embedded=(("deidentified.json", '{"colour": "cone"}'),))
    assert privacy_of(copied) == Privacy(Colour.CONE, "pseudonym")
    for text in ("[]", "{", '{"colour": "red"}', '{"colour": ["off"]}'):
        assert privacy_of(replace(header, embedded=(("privacy.json", text),))) == Privacy()


def test_a_comparison_without_the_colour_never_claims_equality() -> None:
    plain = " ".join(LiveComparison(n_equal=3).sentences())
    assert plain == "As decided live: 3 of 3 frames."
    told = " ".join(LiveComparison(n_equal=3, colour=Colour.CONE).sentences())
    assert "cannot show" in told
    second = with_part(make_header(), PartRecord(part=2, session_id="x", n_frames_before=5))
    [memory] = notes_of(second)
    assert "part 2 of session x" in memory
    assert "the 5 frames before it" in memory
    assert notes_of(make_header()) == ()
    assert notes_of(with_part(second, PartRecord(part=1, session_id="x"))) == ()
    other = LiveComparison(2, 1, 7, n_unrecorded=4, n_earlier=5, has_its_plan=False)
    told = " ".join(other.sentences())
    for part in ("2 of 3", "differs is 7", "4 frames", "not the recording's own"):
        assert part in told


def test_a_revision_about_a_pseudonym_is_followed_by_a_replay(tmp_path: Path) -> None:
    base, config, _ = drawn(tmp_path)
    source = open_simulation(SCENARIO, base.applicators)
    names = Pseudonyms(KEY)
    veil = Veil(pseudonyms=names)
    header = header_of_session(replace(source.header, origin="live"), base, "s", "m", veil)
    kept, segmenter, evidence = Kept(), MaskSegmenter(), SessionEvidence(time_out=Evidence.PROVEN)
    notes = SessionNotes(cast(LiveRecorder, kept), veil)

    def around(facts: FrameFacts) -> Surroundings:
        return Surroundings(evidence, facts.running, faults=frozenset())

    tracker = Tracker(
        base,
        segmenter,
        evidence,
        age_ms=notes.aged(lambda _frame: 40.0),
        ask=notes.around(around),
    )
    for index in range(4):
        if index == 2:
            tracker.revise(config, Marks())
        frame = source.read()
        assert frame is not None
        notes.begin(tracker)
        notes.decided(tracker.process(frame, notes.as_recorded))
    recorded = veil.config(base)
    assert recorded.plan.id != base.plan.id
    assert recorded.plan.patient_id == names.patient(base.plan.patient_id)
    replayed = RecordedTracker(header, recorded, segmenter, evidence)
    for handed in kept.handed:
        assert handed.notes is not None
        assert base.plan.patient_id not in handed.notes.around + handed.notes.record
        replayed.process(replace(handed.source_frame, live=handed.notes))
    assert replayed.comparison == LiveComparison(n_equal=4)
    confirmed = json.loads(kept.handed[3].notes.around)["confirmed"]  # type: ignore[union-attr]
    revised = json.loads(kept.handed[2].notes.around)["revision"]  # type: ignore[union-attr]
    assert confirmed["plan"] == content_id(config.plan.plan_id, revised["plan"])
    assert confirmed["plan"] != running_identities(recorded, "masks").plan


def test_a_plan_that_would_change_otherwise_is_a_fault(tmp_path: Path) -> None:
    base, _, _ = drawn(tmp_path)
    changed: RunConfig = replace(base, plan=replace(base.plan, machine="other"))
    with pytest.raises(FaultError, match="plan changes"):
        Veil(pseudonyms=Pseudonyms(KEY)).config(changed)
    assert Veil().config(base) is base
