"""A live session is recorded in parts; each opens and replays by itself."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from models.mask_segmenter import MaskSegmenter
from pipeline import live as live_module
from pipeline.benchmarks.recording_scene import noise_frame, noise_header
from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from pipeline.recorder.client import LiveRecorder, recording_to
from pipeline.recorder.handed import Handed
from pipeline.recorder.texts import header_of_session
from recordings.progress import unheard
from recordings.session.parts import part_of, part_path
from recordings.session.reader import SessionSource
from recordings.session.verify import verify_session
from recordings.simulation.source import open_simulation
from recordings.source import Source
from tests.integration.test_live_recording import (
    LiveSession,
    configured,
    frames_of,
    replayed,
    request,
    without_times,
)
from tests.integration.test_live_session import N_FRAMES, SESSION_ID, CameraSource
from tracking.frame import LiveNotes, SourceFrame

LIMIT = 2_000_000
MOST_WAITING = 8  # frames
SMALL = 500_000  # some ten frames of noise
NOTES = LiveNotes('{"ordinal": 0}', "{}")


def handed(index: int) -> Callable[[], Handed]:
    return lambda: Handed.of(noise_frame(index, 0), None, NOTES)


def camera(recorded_at: str) -> CameraSource:
    made = open_simulation("sim:bench", read_catalogue(None).applicators)
    header = replace(made.header, origin="live", recorded_at=recorded_at)
    return CameraSource(made.scenario, made.seed, made.story, made.stage, header)


class InParts(LiveSession):
    """Recorded to small files."""

    def _recorder(self, stack: ExitStack, model_id: str) -> LiveRecorder | None:
        assert self.record_to is not None
        told = header_of_session(self.source.header, self.config, SESSION_ID, model_id)
        recorder = recording_to(self.record_to, told, N_FRAMES, limit_bytes=LIMIT)
        return stack.enter_context(recorder)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[InParts, list[Path], Path]:
    folder = tmp_path_factory.mktemp("live")
    source = camera("2026-01-01T09:00:00+00:00")
    session = InParts(source, configured(source, folder), folder)
    session.record_to = folder / "session.mcap"
    persons = threading.Thread(target=session.confirmed)
    persons.start()
    session.run()
    persons.join()
    paths = [part_path(session.record_to, k + 1) for k in range(session.recorded.n_parts)]
    return session, paths, folder


def test_frames_in_are_frames_recorded_and_dropped(
    recorded: tuple[InParts, list[Path], Path],
) -> None:
    session, paths, _ = recorded
    assert len(paths) > 1
    assert session.is_ready()
    indices: list[int] = []
    for path in paths:
        assert path.stat().st_size <= LIMIT
        found = verify_session(path, unheard)
        assert found.is_whole
        assert not found.order
        indices += [frame.frame.frame_index for frame in frames_of(path)]
    assert indices == list(range(session.source.n_handed_over))
    status = session.recorded
    assert status.n_written + status.n_dropped == session.source.n_handed_over
    assert status.n_written == len(indices)


@pytest.mark.slow
def test_each_part_carries_the_session_and_replays_alone(
    recorded: tuple[InParts, list[Path], Path], tmp_path: Path
) -> None:
    _, paths, folder = recorded
    n_before = 0
    for number, path in enumerate(paths, start=1):
        source = SessionSource(path)
        texts = dict(source.header.embedded)
        part = part_of(source.header)
        assert part is not None
        assert (part.part, part.session_id, part.n_frames_before) == (number, SESSION_ID, n_before)
        assert texts["plan.toml"] == (folder / "plan.toml").read_text()
        assert json.loads(texts["session.json"])["session_id"] == SESSION_ID
        assert {"rig.toml", "catalogue.toml", "effective_config.toml"} <= set(texts)
        out = tmp_path / str(number)
        replayed(request(folder, path, out), source)
        found = json.loads((out / "live_comparison.json").read_text())
        lines = (out / "records.jsonl").read_text().splitlines()
        assert found["n_earlier"] == n_before
        assert found["n_unrecorded"] == 0
        assert found["n_equal"] + found["n_differing"] == len(lines)
        n_before += len(lines)
        if number == 1:
            assert found["n_differing"] == 0
            live = [frame.live.record for frame in frames_of(path) if frame.live is not None]
            assert [without_times(line) for line in lines] == [without_times(line) for line in live]
        else:
            assert found["n_differing"] > 0  # arming begins anew: never silently equal
            assert json.loads(lines[0])["verdict"] != "READY"


class Clocked(CameraSource):
    """Exposed now, as a camera's frames are."""

    def read(self) -> SourceFrame | None:
        read = super().read()
        if read is None:
            return None
        stamp_ns = time.time_ns() - 5_000_000
        frame = replace(read.frame, stamp_ns=stamp_ns, arrival_ns=stamp_ns + 4_000_000)
        return replace(read, frame=frame)


@pytest.mark.slow
def test_all_parts_together_replay_as_the_session_was_decided(
    recorded: tuple[InParts, list[Path], Path], tmp_path: Path
) -> None:
    session, paths, _ = recorded
    out = tmp_path / "out"
    asked = ["replay", str(paths[0]), "--all-parts", "--out", str(out), "--no-video"]
    assert main([*asked, "--segmenter", "masks"]) == 0
    found = json.loads((out / "live_comparison.json").read_text())
    assert (found["n_equal"], found["n_differing"]) == (session.source.n_handed_over, 0)
    assert (found["n_unrecorded"], found["n_earlier"]) == (0, 0)


@pytest.mark.slow
def test_all_parts_are_compared_with_a_run_over_them(
    recorded: tuple[InParts, list[Path], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    session, paths, _ = recorded
    out = tmp_path / "runs" / "session"
    asked = ["replay", str(paths[0]), "--all-parts", "--out", str(out), "--no-video"]
    assert main([*asked, "--segmenter", "masks"]) == 0
    [note] = json.loads((out / "summary.json").read_text())["notes"]
    assert note == f"{len(paths)} parts of the recording were replayed as one session."
    capsys.readouterr()
    assert main(["sessions", "diff", str(paths[0]), str(out), "--gate"]) == 0
    assert f"The same: {session.source.n_handed_over} frames" in capsys.readouterr().out
    assert main(["sessions", "diff", str(paths[0].parent), str(out.parent), "--gate"]) == 0
    capsys.readouterr()
    link = tmp_path / "link.mcap"
    link.symlink_to(paths[0])
    asked = ["replay", str(link), "--all-parts", "--out", str(tmp_path / "l"), "--no-video"]
    assert main([*asked, "--segmenter", "masks"]) == 0
    lines = (tmp_path / "l" / "records.jsonl").read_text().splitlines()
    assert len(lines) == session.source.n_handed_over


def test_one_session_that_cannot_be_read_stops_no_comparison_of_archives(
    recorded: tuple[InParts, list[Path], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, paths, _ = recorded
    whole = paths[0].read_bytes()
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "good.mcap").write_bytes(whole)
        (tmp_path / side / "bad.mcap").write_bytes(whole[: len(whole) // 2])
    page = tmp_path / "page.html"
    sides = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert main(["sessions", "diff", *sides, "--json", "--html", str(page), "--gate"]) == 6
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)["sessions"]}
    assert told["good"]["same"] is True
    assert "cannot be read to its end" in told["bad"]["failure"]
    assert "cannot be read to its end" in page.read_text()


def opened_live(folder: Path, monkeypatch: pytest.MonkeyPatch, n_frames: int) -> Clocked:
    """What `live` opens, in a folder with its rig and plan."""
    monkeypatch.chdir(folder)
    plain = camera("")
    source = Clocked(plain.scenario, plain.seed, plain.story, plain.stage, plain.header)
    source.ends_at = n_frames
    configured(source, folder)

    def opened(_uri: str, **_: object) -> Source:
        return source

    monkeypatch.setattr(live_module, "open_source", opened)
    monkeypatch.setattr(live_module, "load_segmenter", lambda _kind: MaskSegmenter())
    return source


@pytest.mark.slow
def test_the_commands_record_and_tell_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened_live(tmp_path, monkeypatch, 30)
    with_rig = ["--rig", "rig.toml", "--plan", "plan.toml"]
    record = ["--record", "s.mcap", "--part-mb", "1"]
    assert main(["live", *with_rig, *record]) == 0
    told = capsys.readouterr().err
    paths = sorted(tmp_path.glob("*.mcap"))
    assert len(paths) > 1
    assert f"s.mcap: 30 frames in {len(paths)} parts" in " ".join(told.split())
    assert max(path.stat().st_size for path in paths) <= 1_000_000

    assert main(["sessions", "info", "s.part002.mcap"]) == 0
    assert "follows s.mcap without a gap" in capsys.readouterr().out
    assert main(["sessions", "verify", "s.mcap"]) == 0
    assert "goes on in s.part002.mcap" in capsys.readouterr().out
    assert main(["sessions", "verify", "s.part002.mcap", "--json"]) == 0
    assert "frames in earlier parts" in json.loads(capsys.readouterr().out)["part"]
    assert main(["sessions", "recover", "s.part002.mcap", "r.mcap"]) == 0
    assert "this file alone: part 2 of session" in capsys.readouterr().out
    (tmp_path / "r.mcap").unlink()
    assert main(["sessions", "search", ".", "part>1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["sessions"]
    assert [row["name"] for row in found] == [path.stem for path in paths[1:]]
    assert {row["part"] for row in found} == set(range(2, len(paths) + 1))

    replay = ["replay", "s.part002.mcap", *with_rig, "--segmenter", "masks", "--no-video"]
    assert main([*replay, "--out", "out"]) == 0
    assert "without memory of the" in " ".join(capsys.readouterr().err.split())
    assert main(["live", *with_rig, *record]) == 2  # nothing is overwritten
    assert main(["live", *with_rig, "--record", "t.mcap", "--part-mb", "5001"]) == 2


@pytest.mark.slow
def test_record_makes_parts_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "r.mcap"
    assert main(["record", "sim:bench", str(out), "--part-mb", "1"]) == 0
    paths = sorted(tmp_path.iterdir())
    assert f"in {len(paths)} parts" in " ".join(capsys.readouterr().err.split())
    n_frames = open_simulation("sim:bench", read_catalogue(None).applicators).scenario.n_frames
    assert sum(len(frames_of(path)) for path in paths) == n_frames
    held = tmp_path / "r.hold"
    held.touch()
    assert main(["sessions", "retention", str(tmp_path), "--older-than", "1d", "--delete"]) == 0
    assert len(list(tmp_path.glob("*.mcap"))) == len(paths)


def test_a_kill_at_any_time_costs_no_frame_that_was_told_as_written(tmp_path: Path) -> None:
    for round_ in range(4):
        folder = tmp_path / str(round_)
        folder.mkdir()
        path = folder / "s.mcap"
        recorder = LiveRecorder(path, noise_header(), limit_bytes=SMALL)
        n_sent = 0
        while recorder.status.n_written < 30 + 17 * round_:
            assert recorder.write(handed(n_sent))
            n_sent += 1
            time.sleep(0.002)
            while n_sent - recorder.status.n_written > MOST_WAITING:  # a slow machine would drop
                time.sleep(0.002)
        os.kill(recorder.process_id, signal.SIGKILL)
        status = recorder.close()
        n_told = status.n_written
        assert n_told + status.n_dropped == n_sent
        kept = [f.frame.frame_index for part in sorted(folder.iterdir()) for f in frames_of(part)]
        assert kept == list(range(len(kept)))
        assert len(kept) >= n_told
        assert len(list(folder.iterdir())) > 1


def test_a_part_that_cannot_be_made_is_a_failure_and_what_was_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    recorder = LiveRecorder(path, noise_header(), limit_bytes=SMALL)
    part_path(path, 2).write_bytes(b"another's")
    n_sent = 0
    while not recorder.status.failure:
        recorder.write(handed(n_sent))
        n_sent += 1
        time.sleep(0.005)
    status = recorder.close()
    assert "cannot create" in status.failure
    assert part_path(path, 2).read_bytes() == b"another's"
    assert verify_session(path, unheard).is_whole
    assert len(frames_of(path)) == status.n_written > 0
    assert status.n_written + status.n_dropped == n_sent
