"""What a recording carries is known to its last key, or it is not copied."""

from __future__ import annotations

import json
import tomllib

import pytest

from pipeline.audit.pseudonym import pseudonym
from pipeline.privacy import texts as privacy_texts
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.texts import without_person
from pipeline.recorder.texts import header_of_session
from tests.config_texts import CATALOGUE, PLAN, RIG
from tests.recording_frames import make_header
from tests.unit.pipeline.test_privacy_notes import configured
from tracking.errors import SourceError

KEY = bytes(range(32))
HASH = "0" * 64
NO_LOSS = {"from_sha256": HASH, "n_frames": 1, "gaps": []}
COPY = {"from_sha256": HASH, "colour": "off", "has_serial": False, "has_date": True}
SENSOR = {"name": "Stereo Module", "options": {"exposure": 8500.0}, "preset": "custom"}


def cleaned(name: str, text: str) -> str:
    [(_, found)] = without_person(((name, text),), Pseudonyms(KEY), {})
    return found


@pytest.mark.parametrize(
    "name", ["x.toml", "site.toml", "part.toml", "notes.json", "recovery-.json", "recovery-x.json"]
)
@pytest.mark.parametrize("text", ['name = "Jane"\n', '{"name": "Jane"}'])
def test_a_text_that_nobody_knows_is_refused(name: str, text: str) -> None:
    with pytest.raises(SourceError, match="nobody here knows") as refused:
        cleaned(name, text)
    assert refused.value.actual == name
    for known in ("plan.toml", "effective_config.toml", "session.json"):
        assert known in refused.value.expected
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plan.toml", 'name = "Jane"\n' + PLAN),
        ("plan.toml", PLAN + '[[beam]]\npatient_id = "Jane"\n'),
        ("plan.toml", PLAN + '[patient]\nname = "Jane"\n'),
        ("plan.toml", PLAN.replace('"mobetron"', '["Jane"]')),
        ("rig.toml", RIG + 'operator = "Jane"\n'),
        ("rig.toml", PLAN.replace("patient-1", "Jane")),
        ("catalogue.toml", CATALOGUE + 'owner = "Jane"\n'),
        ("effective_config.toml", PLAN.replace("patient-1", "Jane")),
    ],
)
def test_a_key_that_a_toml_text_does_not_know_is_refused(name: str, text: str) -> None:
    with pytest.raises(SourceError, match=f"{name}, which says what is not known") as refused:
        cleaned(name, text)
    assert refused.value.actual
    assert refused.value.remedy


@pytest.mark.parametrize(
    "more",
    [
        '[patient]\nname = "Jane"\n',
        '[site.surgeon.doc]\nname = "Jane"\n',
        '[[list]]\npatient_id = "Jane"\n',
    ],
)
def test_a_session_s_configuration_is_known_to_its_last_key(more: str) -> None:
    header = header_of_session(make_header(), configured(), "s", "m")
    text = dict(header.embedded)["effective_config.toml"]
    assert "[site]" in cleaned("effective_config.toml", text)
    with pytest.raises(SourceError, match="says what is not known"):
        cleaned("effective_config.toml", text + more)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("session.json", {"notes": 1, "session_id": "s", "plan": "P@1", "site": None}),
        ("session.json", {}),
        ("part.json", {"part": 2, "session_id": "s", "n_frames_before": 7}),
        ("privacy.json", {"colour": "cone", "patient": "pseudonym", "key": "0a1b2c3d"}),
        ("deidentified.json", COPY),
        ("recovery.json", NO_LOSS),
        (
            "recovery-12.json",
            {
                **NO_LOSS,
                "gaps": [{"after_frame_index": None, "before_frame_index": 3, "n_lost": 2}],
            },
        ),
        ("camera_settings.json", {"firmware": "05.16", "usb": "3.2", "sensors": [SENSOR]}),
    ],
)
def test_our_own_texts_stay_what_they_say_and_say_nothing_more(
    name: str, told: dict[str, object]
) -> None:
    names = Pseudonyms(KEY, is_done=True)
    [(_, found)] = without_person(((name, json.dumps(told)),), names, {})
    assert json.loads(found) == told
    with pytest.raises(SourceError, match="says what is not known"):
        cleaned(name, json.dumps({**told, "name": "Jane"}))


@pytest.mark.parametrize("name", ["session.json", "part.json", "privacy.json", "recovery.json"])
@pytest.mark.parametrize("text", ["[]", "3", "null", "{", "", '{"part": "Jane"}', "[" * 500])
def test_nonsense_is_refused_and_nothing_breaks(name: str, text: str) -> None:
    with pytest.raises(SourceError, match="says what is not known"):
        cleaned(name, text)


def test_tables_in_arrays_are_gone_through() -> None:
    inner: dict[str, object] = {"patient_id": "A", "camera_serial": "S1"}
    table: dict[str, object] = {"list": [[inner], 3]}
    privacy_texts._clean(table, Pseudonyms(KEY), {"S1": "CAM-1"})
    expected = {"patient_id": pseudonym("A", KEY), "camera_serial": "CAM-1"}
    assert table == {"list": [[expected], 3]}


@pytest.mark.parametrize("name", ["dicom", "area_at_risk_patient", "person"])
def test_a_structure_to_keep_out_stays_whatever_it_is_called(name: str) -> None:
    outline = "outline_px = [[10, 10], [60, 10], [60, 60]]"
    plan = PLAN + f"[keep_out.{name}]\nframe_index = 3\n{outline}\n"
    found = tomllib.loads(cleaned("plan.toml", plan))
    assert found["keep_out"][name]["frame_index"] == 3
