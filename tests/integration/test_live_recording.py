"""A live session is recorded; its replay decides every frame as it was decided live."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from models.mask_segmenter import MaskSegmenter
from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.config.session_config import GivenTexts, session_config
from pipeline.recorder.client import LiveRecorder
from pipeline.recorder.texts import keeps_notes
from pipeline.replay import replay_source
from pipeline.request import RunRequest
from recordings.progress import unheard
from recordings.session.reader import SessionSource
from recordings.session.verify import verify_session
from recordings.simulation.source import open_simulation
from tests.config_texts import SIGNING_SITE
from tests.integration.test_live_session import (
    N_FRAMES,
    PERSONS,
    CameraSource,
    Session,
    confirm_when_docked,
)
from tracking.frame import LiveNotes, SourceFrame


class LiveSession(Session):
    """With a way to do something once it is READY."""

    def confirmed(self, n_after: int = 40) -> None:
        for person in PERSONS:
            assert confirm_when_docked(self, person)
        self.source.ends_at = self.source.n_handed_over + n_after


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[LiveSession, Path]:
    """A session in which two persons confirm and READY is reached, and its folder."""
    folder = tmp_path_factory.mktemp("live")
    made = open_simulation("sim:bench", read_catalogue(None).applicators)
    header = replace(made.header, origin="live", recorded_at="2026-01-01T09:00:00+00:00")
    source = CameraSource(made.scenario, made.seed, made.story, made.stage, header)
    session = LiveSession(source, configured(source, folder), folder)
    session.record_to = folder / "session.mcap"
    persons = threading.Thread(target=session.confirmed)
    persons.start()
    session.run()
    persons.join()
    return session, folder


def configured(source: CameraSource, folder: Path) -> RunConfig:
    for name, text in source.header.embedded:
        (folder / name).write_text(text)
    (folder / "site.toml").write_text(SIGNING_SITE)
    return load_config(folder / "rig.toml", folder / "plan.toml", None, folder / "site.toml")


def request(folder: Path, path: Path, out: Path) -> RunRequest:
    return RunRequest(
        source=str(path),
        rig_path=folder / "rig.toml",
        plan_path=folder / "plan.toml",
        out_dir=out,
        catalogue_path=None,
        site_path=folder / "site.toml",
        segmenter="masks",
        video=False,
        quiet=True,
    )


def replayed(asked: RunRequest, source: SessionSource) -> None:
    given = GivenTexts.read(asked.rig_path, asked.plan_path, asked.catalogue_path, asked.site_path)
    replay_source(asked, session_config(source.header, given), MaskSegmenter(), source)


def without_times(line: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(line)
    del record["stage_ms"]
    return record


def frames_of(path: Path) -> list[SourceFrame]:
    source = SessionSource(path)
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return frames


def test_every_frame_and_its_decision_is_recorded(recorded: tuple[LiveSession, Path]) -> None:
    session, folder = recorded
    assert session.is_ready()
    found = verify_session(folder / "session.mcap", unheard)
    assert found.is_whole
    assert found.n_frames == session.source.n_handed_over == session.recorded.n_written
    assert (session.recorded.n_dropped, session.recorded.failure) == (0, "")
    frames = frames_of(folder / "session.mcap")
    assert all(frame.live is not None for frame in frames)


def test_the_header_carries_what_the_session_ran_with(
    recorded: tuple[LiveSession, Path],
) -> None:
    session, folder = recorded
    source = SessionSource(folder / "session.mcap")
    source.close()
    texts = dict(source.header.embedded)
    assert texts["plan.toml"] == (folder / "plan.toml").read_text()
    assert texts["rig.toml"] == (folder / "rig.toml").read_text()
    assert "[applicator." in texts["catalogue.toml"]
    told = json.loads(texts["session.json"])
    assert told["session_id"] == "test-session"
    assert told["model"] == MaskSegmenter().model_id
    assert told["site"] == session.config.site.id if session.config.site else False
    assert not any("pin" in text for text in texts.values())


def test_a_replay_writes_the_records_of_the_live_session(
    recorded: tuple[LiveSession, Path], tmp_path: Path
) -> None:
    _, folder = recorded
    path = folder / "session.mcap"
    replayed(request(folder, path, tmp_path / "out"), SessionSource(path))
    lines = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
    live = [frame.live.record for frame in frames_of(path) if frame.live is not None]
    assert [without_times(line) for line in lines] == [without_times(line) for line in live]
    verdicts = [json.loads(line)["verdict"] for line in lines]
    assert verdicts[-1] == "READY"
    assert verdicts[0] == "UNSURE"
    found = json.loads((tmp_path / "out" / "live_comparison.json").read_text())
    assert found == {
        "n_equal": len(lines),
        "n_differing": 0,
        "first_differing": None,
        "n_unrecorded": 0,
        "n_earlier": 0,
        "colour": "keep",
        "has_its_plan": True,
        "begins_within": False,
    }


def test_the_file_alone_is_enough_for_that(
    recorded: tuple[LiveSession, Path], tmp_path: Path
) -> None:
    _, folder = recorded
    path = folder / "session.mcap"
    bare = replace(
        request(folder, path, tmp_path / "out"), rig_path=None, plan_path=None, site_path=None
    )
    replayed(bare, SessionSource(path))
    found = json.loads((tmp_path / "out" / "live_comparison.json").read_text())
    assert found["n_differing"] == 0
    assert found["n_equal"] == len(frames_of(path))


def test_a_recording_of_the_recording_says_that_it_has_no_decisions(
    recorded: tuple[LiveSession, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = recorded
    copy = tmp_path / "copy.mcap"
    assert main(["record", str(folder / "session.mcap"), str(copy), "--frames", "3"]) == 0
    assert "what the live session was handed and decided is left out" in capsys.readouterr().err
    source = SessionSource(copy)
    assert not keeps_notes(source.header)
    bare = replace(
        request(folder, copy, tmp_path / "out"), rig_path=None, plan_path=None, site_path=None
    )
    replayed(bare, source)
    assert not (tmp_path / "out" / "live_comparison.json").exists()
    records = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
    assert not any(json.loads(line)["verdict"] == "READY" for line in records)


def test_what_was_decided_live_is_compared_with_a_replay(
    recorded: tuple[LiveSession, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = recorded
    path, out = folder / "session.mcap", tmp_path / "runs" / "session"
    replayed(request(folder, path, out), SessionSource(path))
    capsys.readouterr()
    assert main(["sessions", "diff", str(path), str(out), "--gate"]) == 0
    n_frames = len(frames_of(path))
    assert f"The same: {n_frames} frames" in capsys.readouterr().out

    lines = (out / "records.jsonl").read_text().splitlines()
    changed = json.loads(lines[7])
    changed["verdict"] = "READY"
    lines[7] = json.dumps(changed)
    (out / "records.jsonl").write_text("\n".join(lines) + "\n")
    assert main(["sessions", "diff", str(path), str(out), "--gate"]) == 6
    assert f"First difference: frame {changed['frame_index']} (verdict)" in capsys.readouterr().out

    archive = tmp_path / "archive"  # of recordings, by the names that a batch gives its results
    archive.mkdir()
    (archive / "session.mcap").symlink_to(path)
    (archive / "junk.mcap").write_bytes(b"no session")
    asked = ["sessions", "diff", str(archive), str(tmp_path / "runs"), "--json"]
    assert main(asked) == 0
    [told] = json.loads(capsys.readouterr().out)["sessions"]
    assert (told["name"], told["n_a"], told["verdicts_differing"]) == ("session", n_frames, 1)

    whole = path.read_bytes()
    (archive / "session.mcap").unlink()
    (archive / "session.mcap").write_bytes(whole[: len(whole) // 2])
    assert main(["sessions", "diff", str(archive / "session.mcap"), str(out)]) == 5
    assert "cannot be read to its end" in capsys.readouterr().err


class Forgetful(SessionSource):
    """A recording of which some frames lost what the session handed to the kernel."""

    lacks = range(0)
    changes: Mapping[str, object] = MappingProxyType({})

    def read(self) -> SourceFrame | None:
        frame = super().read()
        if frame is None or frame.frame.frame_index not in self.lacks or frame.live is None:
            return frame
        if not self.changes:
            return replace(frame, live=None)
        around = json.dumps({**json.loads(frame.live.around), **self.changes})
        return replace(frame, live=LiveNotes(around, frame.live.record))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "CHECK_MISSING"),  # nobody looked, nothing is proven
        ({"faults": ["SUPERVISOR_LOST"]}, "SUPERVISOR_LOST"),
        ({"age_ms": 500.0}, "FRAME_STALE"),
        ({"confirmed": None}, "NO_TIMEOUT"),
    ],
)
def test_what_a_recording_lacks_was_not_done(
    recorded: tuple[LiveSession, Path],
    tmp_path: Path,
    changes: dict[str, object],
    reason: str,
) -> None:
    session, folder = recorded
    path = folder / "session.mcap"
    source = Forgetful(path)
    source.lacks = range(session.source.n_handed_over - 3, N_FRAMES)
    source.changes = changes
    replayed(request(folder, path, tmp_path / "out"), source)
    lines = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert last["verdict"] != "READY"
    assert reason in last["reasons"]
    assert json.loads(lines[-4])["verdict"] == "READY"


def test_a_session_goes_on_with_a_fault_when_its_recorder_is_killed(tmp_path: Path) -> None:
    made = open_simulation("sim:bench", read_catalogue(None).applicators)
    header = replace(made.header, origin="live")
    source = CameraSource(made.scenario, made.seed, made.story, made.stage, header)
    session = Killed(source, configured(source, tmp_path), tmp_path)
    session.record_to = tmp_path / "session.mcap"
    killer = threading.Thread(target=session.kill)
    killer.start()
    session.run()
    killer.join()
    assert session.recorded.failure
    assert any("not being recorded" in line for line in session.said)
    verdicts = [entry["body"] for entry in session.entries() if entry["kind"] == "verdict"]
    assert "RECORDER_FAILED" in verdicts[-1]["reasons"]
    kept = frames_of(tmp_path / "session.mcap")
    assert len(kept) >= session.recorded.n_written
    assert [frame.frame.frame_index for frame in kept] == list(range(len(kept)))


class Killed(LiveSession):
    """Its recorder dies."""

    recorder_id = 0

    def _recorder(self, stack: ExitStack, model_id: str) -> LiveRecorder | None:
        recorder = super()._recorder(stack, model_id)
        if recorder is not None:
            self.recorder_id = recorder.process_id
        return recorder

    def kill(self) -> None:
        deadline = time.monotonic() + 60.0
        while time.monotonic() < deadline and self.source.n_handed_over < 20:
            time.sleep(0.01)
        os.kill(self.recorder_id, signal.SIGKILL)
        time.sleep(1.0)
        self.source.ends_at = self.source.n_handed_over + 5
