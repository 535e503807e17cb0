"""A live recording without the patient's id, or without all of its colour, and what it tells."""

from __future__ import annotations

import json
import threading
import tomllib
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.audit.key_files import load_pseudonym_key, make_key_files
from pipeline.audit.pseudonym import pseudonym
from pipeline.cli.app import main
from pipeline.privacy.pseudonyms import Pseudonyms, pseudonyms_of
from pipeline.recorder.client import LiveRecorder, recording_to
from pipeline.recorder.texts import header_of_session
from pipeline.recorder.veil import Veil
from recordings.session.reader import SessionSource
from tests.integration.test_live_parts import Clocked, camera, opened_live
from tests.integration.test_live_recording import (
    LiveSession,
    configured,
    frames_of,
    replayed,
    request,
)
from tests.integration.test_live_session import N_FRAMES, SESSION_ID
from tracking.segmentation import Label

PATIENT = "JANE-DOE-1960"


class Veiled(LiveSession):
    """Recorded about a pseudonym."""

    def _recorder(self, stack: ExitStack, model_id: str) -> LiveRecorder | None:
        assert self.record_to is not None
        assert self.veil is not None
        told = header_of_session(self.source.header, self.config, SESSION_ID, model_id, self.veil)
        return stack.enter_context(recording_to(self.record_to, told, N_FRAMES))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    paths, _ = make_key_files(tmp_path_factory.mktemp("keys") / "keys")
    return paths.pseudonym


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, key: Path) -> tuple[Veiled, Path]:
    folder = tmp_path_factory.mktemp("live")
    source = camera("2026-01-01T09:00:00+00:00")
    texts = dict(source.header.embedded)
    before = tomllib.loads(texts["plan.toml"])["patient_id"]
    texts["plan.toml"] = "# of Jane\n" + texts["plan.toml"].replace(before, PATIENT)
    source.header = replace(source.header, embedded=tuple(texts.items()))
    session = Veiled(source, configured(source, folder), folder)
    assert session.config.plan.patient_id == PATIENT
    session.record_to = folder / "session.mcap"
    session.veil = Veil(pseudonyms=pseudonyms_of(key, session.record_to))
    persons = threading.Thread(target=session.confirmed)
    persons.start()
    session.run()
    persons.join()
    return session, folder


def test_a_recording_names_nobody_and_agrees_with_itself(
    recorded: tuple[Veiled, Path], key: Path
) -> None:
    session, folder = recorded
    path = folder / "session.mcap"
    data = path.read_bytes()
    for told in (PATIENT, "Jane", session.config.plan.id):
        assert told.encode() not in data
    source = SessionSource(path)
    source.close()
    texts = dict(source.header.embedded)
    stand_in = pseudonym(PATIENT, load_pseudonym_key(key))
    assert tomllib.loads(texts["plan.toml"])["patient_id"] == stand_in
    effective = tomllib.loads(texts["effective_config.toml"])
    assert effective["plan"]["patient_id"] == stand_in
    key_id = Pseudonyms(load_pseudonym_key(key)).key_id
    expected = {"colour": "keep", "patient": "pseudonym", "key": key_id}
    assert json.loads(texts["privacy.json"]) == expected
    plan_id = json.loads(texts["session.json"])["plan"]
    assert plan_id == effective["ids"]["plan"] != session.config.plan.id
    notes = [frame.live for frame in frames_of(path)]
    last = notes[-1]
    assert last is not None
    assert json.loads(last.around)["confirmed"]["patient"] == stand_in
    assert json.loads(last.around)["confirmed"]["plan"] == plan_id
    assert json.loads(last.record)["ids"]["plan"] == plan_id
    statuses = {entry["kind"] for entry in session.entries()}
    assert "time_out" in statuses  # the session itself went on in clear
    assert session.is_ready()


@pytest.mark.slow
def test_its_replay_gives_the_live_decisions_with_its_own_plan(
    recorded: tuple[Veiled, Path], tmp_path: Path
) -> None:
    _, folder = recorded
    path = folder / "session.mcap"
    own = tmp_path / "texts"
    assert main(["sessions", "info", str(path), "--texts", str(own)]) == 0
    (own / "site.toml").write_text((folder / "site.toml").read_text())
    replayed(request(own, path, tmp_path / "out"), SessionSource(path))
    found = json.loads((tmp_path / "out" / "live_comparison.json").read_text())
    lines = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
    assert (found["n_equal"], found["n_differing"]) == (len(lines), 0)
    assert found["has_its_plan"]
    assert json.loads(lines[-1])["verdict"] == "READY"
    assert main(["sessions", "info", str(path), "--texts", str(own)]) == 2

    replayed(request(folder, path, tmp_path / "clear"), SessionSource(path))
    found = json.loads((tmp_path / "clear" / "live_comparison.json").read_text())
    assert not found["has_its_plan"]
    assert found["n_equal"] == 0
    records = (tmp_path / "clear" / "records.jsonl").read_text().splitlines()
    assert not any(json.loads(line)["verdict"] == "READY" for line in records)


def replayed_copy(folder: Path, copy: Path, tmp_path: Path) -> tuple[dict[str, Any], list[str]]:
    """Replay a copy of `folder`'s session by its own texts: its comparison, and its records."""
    own = tmp_path / "texts"
    assert main(["sessions", "info", str(copy), "--texts", str(own)]) == 0
    (own / "site.toml").write_text((folder / "site.toml").read_text())
    asked = replace(request(own, copy, tmp_path / "out"), catalogue_path=own / "catalogue.toml")
    replayed(asked, SessionSource(copy))
    found = json.loads((tmp_path / "out" / "live_comparison.json").read_text())
    lines = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
    return found, lines


def test_a_deidentified_copy_keeps_what_was_decided(
    recorded: tuple[Veiled, Path], key: Path, tmp_path: Path
) -> None:
    _, folder = recorded
    copy = tmp_path / "copy.mcap"
    made = ["sessions", "deidentify", str(folder / "session.mcap"), str(copy), "--key", str(key)]
    assert main([*made, "--colour", "off"]) == 0
    source = SessionSource(copy)
    source.close()
    assert source.header.device_serial.startswith("CAM-")
    effective = tomllib.loads(dict(source.header.embedded)["effective_config.toml"])
    assert "person" not in effective["site"]
    found, lines = replayed_copy(folder, copy, tmp_path)
    assert json.loads(lines[-1])["verdict"] == "READY"
    assert found["has_its_plan"]
    assert found["colour"] == "off"
    assert found["n_differing"] == 0


def test_a_copy_without_its_date_has_another_session_id(
    recorded: tuple[Veiled, Path], key: Path, tmp_path: Path
) -> None:
    _, folder = recorded
    copy = tmp_path / "copy.mcap"
    made = ["sessions", "deidentify", str(folder / "session.mcap"), str(copy), "--key", str(key)]
    assert main([*made, "--without-date"]) == 0
    source = SessionSource(copy)
    source.close()
    texts = dict(source.header.embedded)
    ids = {json.loads(texts[name])["session_id"] for name in ("session.json", "part.json")}
    assert ids == {pseudonym(SESSION_ID, load_pseudonym_key(key))[:16]}
    assert source.header.recorded_at == ""


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clocked:
    """What `live` opens here, in a folder with its rig and plan."""
    return opened_live(tmp_path, monkeypatch, 6)


LIVE = ["live", "--rig", "rig.toml", "--plan", "plan.toml"]
REPLAY = ["--rig", "rig.toml", "--plan", "plan.toml", "--segmenter", "masks", "--no-video"]


@pytest.mark.slow
@pytest.mark.parametrize("colour", ["cone", "off"])
def test_colour_is_recorded_as_far_as_asked_for_and_a_replay_says_so(
    opened: Clocked, tmp_path: Path, capsys: pytest.CaptureFixture[str], colour: str
) -> None:
    record = ["--record", "s.mcap", "--colour", colour, "--identified"]
    assert main([*LIVE, *record]) == 0
    frames = frames_of(tmp_path / "s.mcap")
    assert len(frames) == opened.n_handed_over
    for frame in frames:
        color = frame.frame.color_rgb
        if colour == "off":
            assert color is None
            continue
        assert color is not None
        assert frame.labels is not None
        rows, _ = np.nonzero(frame.labels == Label.APPLICATOR.value)
        assert color[rows.min() : rows.max()].max() > 100
        assert color[: max(0, rows.min() - 24)].max(initial=0) < 20  # black, after JPEG
    capsys.readouterr()
    assert main(["replay", "s.mcap", *REPLAY, "--out", "out"]) == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "decided on what is left" in told
    assert "whatever is equal" in told
    [note] = json.loads(Path("out/summary.json").read_text())["notes"]
    assert "decided on what is left" in note
    assert "decided on what is left" in Path("out/report.html").read_text()
    assert json.loads(Path("out/live_comparison.json").read_text())["colour"] == colour
    assert main(["sessions", "info", "s.mcap"]) == 0
    assert f"colour {colour}, patient in clear" in capsys.readouterr().out


@pytest.mark.slow
def test_the_command_records_about_a_pseudonym_and_its_replay_agrees(
    opened: Clocked, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*LIVE, "--record", "s.mcap", "--pseudonym-key", str(key)]) == 0
    assert main(["sessions", "info", "s.mcap", "--texts", "own"]) == 0
    assert "colour keep, patient as pseudonym" in capsys.readouterr().out
    patient = tomllib.loads(Path("plan.toml").read_text())["patient_id"]
    assert patient.encode() not in Path("s.mcap").read_bytes()
    for plan, n_equal in (("own/plan.toml", opened.n_handed_over), ("plan.toml", 0)):
        out = f"out-{n_equal}"
        replay = ["replay", "s.mcap", "--rig", "own/rig.toml", "--plan", plan, "--out", out]
        assert main([*replay, "--segmenter", "masks", "--no-video"]) == 0
        found = json.loads((tmp_path / out / "live_comparison.json").read_text())
        assert (found["n_equal"], found["has_its_plan"]) == (n_equal, n_equal > 0)
    assert "not the recording's own" in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_the_patient_is_a_pseudonym_unless_asked_otherwise(
    opened: Clocked, capsys: pytest.CaptureFixture[str]
) -> None:
    patient = tomllib.loads(Path("plan.toml").read_text())["patient_id"]
    assert main([*LIVE, "--record", "s.mcap"]) == 0
    assert patient.encode() not in Path("s.mcap").read_bytes()
    key = load_pseudonym_key(Path("runs/archive/keys/pseudonym_key.hex"))
    source = SessionSource(Path("s.mcap"))
    source.close()
    plan = tomllib.loads(dict(source.header.embedded)["plan.toml"])
    assert plan["patient_id"] == pseudonym(patient, key)
    replay = ["replay", "s.mcap", "--out", "out", "--segmenter", "masks", "--no-video"]
    assert main(replay) == 0
    found = json.loads(Path("out/live_comparison.json").read_text())
    assert (found["n_equal"], found["n_differing"]) == (opened.n_handed_over, 0)

    assert main(["record", "s.mcap", "again.mcap", "--frames", "1"]) == 0  # stays what it was
    again = SessionSource(Path("again.mcap"))
    again.close()
    assert dict(again.header.embedded)["plan.toml"] == dict(source.header.embedded)["plan.toml"]

    Path("runs/archive/keys/pseudonym_key.hex").rename("kept-elsewhere.hex")
    capsys.readouterr()
    assert main([*LIVE, "--record", "t.mcap"]) == 3
    assert "--identified" in capsys.readouterr().err
    both = ["--identified", "--pseudonym-key", "kept-elsewhere.hex"]
    assert main([*LIVE, "--record", "t.mcap", *both]) == 2
    assert not Path("t.mcap").exists()


def test_another_copy_names_the_patient_as_the_first_did(opened: Clocked, tmp_path: Path) -> None:
    """A pseudonym of a pseudonym under one key would make two patients of one."""
    assert main([*LIVE, "--record", "s.mcap"]) == 0
    key = Path("runs/archive/keys/pseudonym_key.hex")
    expected = pseudonym(
        tomllib.loads(Path("plan.toml").read_text())["patient_id"], load_pseudonym_key(key)
    )
    other = tmp_path / "kept" / "elsewhere"
    make_key_files(other)
    keys = {"same.mcap": (key, True), "other.mcap": (other / "pseudonym_key.hex", False)}
    for name, (path, is_same) in keys.items():
        assert main(["sessions", "deidentify", "s.mcap", name, "--key", str(path)]) == 0
        source = SessionSource(Path(name))
        source.close()
        texts = dict(source.header.embedded)
        assert (tomllib.loads(texts["plan.toml"])["patient_id"] == expected) is is_same
    assert opened.n_handed_over > 0


def test_a_copy_with_another_plan_says_whether_its_patient_is_named(
    opened: Clocked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*LIVE, "--record", "s.mcap"]) == 0
    named = ["--plan", "plan.toml", "--identified"]
    assert main(["record", "s.mcap", "named.mcap", "--frames", "1", *named]) == 0
    capsys.readouterr()
    assert main(["sessions", "info", "named.mcap"]) == 0
    assert "pseudonym" not in capsys.readouterr().out
    source = SessionSource(Path("named.mcap"))
    source.close()
    texts = dict(source.header.embedded)
    assert texts["plan.toml"] == Path("plan.toml").read_text()
    assert not {"session.json", "effective_config.toml"} & set(texts)  # they tell of the other plan
    assert opened.n_handed_over > 0


def test_who_asks_for_it_has_the_patient_in_clear(opened: Clocked) -> None:
    assert main([*LIVE, "--record", "s.mcap", "--identified"]) == 0
    source = SessionSource(Path("s.mcap"))
    source.close()
    texts = dict(source.header.embedded)
    assert texts["plan.toml"] == Path("plan.toml").read_text()
    assert opened.n_handed_over > 0


def test_a_plan_that_is_given_to_record_names_a_pseudonym(tmp_path: Path, key: Path) -> None:
    out, plan, rig = tmp_path / "r.mcap", tmp_path / "plan.toml", tmp_path / "rig.toml"
    texts = dict(camera("").header.embedded)
    plan.write_text(texts["plan.toml"])
    rig.write_text(texts["rig.toml"])
    given = ["--rig", str(rig), "--plan", str(plan)]
    asked = ["record", "sim:bench", str(out), "--frames", "1", *given]
    assert main([*asked, "--pseudonym-key", str(key)]) == 0
    patient = tomllib.loads(texts["plan.toml"])["patient_id"]
    assert patient.encode() not in out.read_bytes()


def test_a_key_that_is_missing_open_or_beside_is_refused(
    opened: Clocked, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = [*LIVE, "--record", "s.mcap", "--pseudonym-key"]
    beside, bare = tmp_path / "beside.hex", tmp_path / "k" / "open.hex"
    bare.parent.mkdir()
    for path, mode in ((beside, 0o600), (bare, 0o640)):
        path.write_text(key.read_text())
        path.chmod(mode)
    for path, says in (
        (tmp_path / "k" / "none.hex", "none.hex"),
        (bare, "others may read"),
        (beside, "lies beside the recording"),
    ):
        assert main([*record, str(path)]) == 3
        assert says in " ".join(capsys.readouterr().err.split())
    assert main([*LIVE, "--pseudonym-key", str(key)]) == 2
    assert main([*LIVE, "--colour", "off"]) == 2
    assert opened.n_handed_over == 0
    assert not (tmp_path / "s.mcap").exists()


def test_a_recording_of_a_source_can_leave_out_the_patient(tmp_path: Path, key: Path) -> None:
    out = tmp_path / "r.mcap"
    private = ["--pseudonym-key", str(key), "--colour", "off"]
    assert main(["record", "sim:bench", str(out), "--frames", "2", *private]) == 0
    source = SessionSource(out)
    source.close()
    texts = dict(source.header.embedded)
    assert json.loads(texts["privacy.json"]) == {
        "colour": "off",
        "patient": "pseudonym",
        "key": Pseudonyms(load_pseudonym_key(key)).key_id,
    }
    patient = tomllib.loads(dict(camera("").header.embedded)["plan.toml"])["patient_id"]
    assert patient.encode() not in out.read_bytes()
    assert tomllib.loads(texts["plan.toml"])["patient_id"] == pseudonym(
        patient, load_pseudonym_key(key)
    )
