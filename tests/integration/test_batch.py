"""Batches: the same as one by one, over S3 (moto's server) and Dask worker processes.

Clips are simulated and labels are the stored ones, so that a session takes a second.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch import run
from pipeline.batch.archive import list_sessions
from pipeline.batch.command import BatchRequest, batch, exit_code
from pipeline.batch.job import Status
from pipeline.batch.run import local_workers
from pipeline.benchmarks.object_store import object_store
from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from recordings.progress import unheard
from recordings.recorder import record_session
from recordings.session.reader import SessionSource
from recordings.simulation.simulate import simulate
from tracking.errors import SourceError, UsageError

N_SESSIONS, N_FRAMES = 4, 8
BROKEN = ("junk", "empty", "headless")
BUCKET = "sessions"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips with rig and plan, three broken files, one that is cut short."""
    folder = tmp_path_factory.mktemp("archive")
    applicators = read_catalogue(None).applicators
    (folder / "day-1").mkdir()
    for seed in range(N_SESSIONS):
        path = folder / "day-1" / f"s{seed}.mcap"
        simulate("docking-small", seed, path, applicators, n_frames=N_FRAMES)
    whole = (folder / "day-1" / "s0.mcap").read_bytes()
    (folder / "junk.mcap").write_bytes(b"not a session" * 10)
    (folder / "empty.mcap").write_bytes(b"")
    (folder / "headless.mcap").write_bytes(whole[:40])
    (folder / "cut.mcap").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.txt").write_text("no session")
    return folder


@pytest.fixture(scope="module")
def workers() -> Iterator[str]:
    """Address of two workers that stay, for what does not depend on how they start."""
    with local_workers(2) as cluster:
        yield cluster.scheduler_address


def _records(path: Path) -> list[dict[str, Any]]:
    lines = (path / "records.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "stage_ms"} for line in lines]


def _request(
    archive: str, out: Path, *, scheduler: str = "", baseline: Path | None = None
) -> BatchRequest:
    return BatchRequest(
        archive=archive, out=out, segmenter="masks", scheduler=scheduler, baseline=baseline
    )


@pytest.mark.slow
def test_a_batch_gives_what_replay_gives_and_goes_on_where_it_stopped(
    archive: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    found = batch(_request(str(archive), out), unheard)
    assert exit_code(found, is_gate=False) == SourceError.exit_code
    status = {row.name: row.status for row in found.rows}
    assert [status[name] for name in BROKEN] == [Status.FAILED] * 3
    assert status["cut"] is Status.TRUNCATED
    assert [status[f"day-1/s{k}"] for k in range(N_SESSIONS)] == [Status.DONE] * N_SESSIONS
    assert all(row.reason for row in found.rows if row.status is not Status.DONE)

    clip, alone = archive / "day-1" / "s2.mcap", tmp_path / "alone"
    files = [
        ("--rig", archive / "day-1" / "s2.rig.toml"),
        ("--plan", archive / "day-1" / "s2.plan.toml"),
    ]
    options = [str(part) for pair in files for part in pair]
    ran = ["replay", str(clip), *options, "--out", str(alone), "--segmenter", "masks"]
    assert main([*ran, "--no-video"]) == 0
    assert _records(alone) == _records(out / "sessions" / "day-1" / "s2")

    before = {row.name: row for row in found.rows}
    shutil.rmtree(out / "sessions" / "day-1" / "s1")
    written = (out / "sessions" / "day-1" / "s3" / "records.jsonl").stat().st_mtime_ns
    again = batch(_request(str(archive), out), unheard)
    assert {row.name: row for row in again.rows} == before
    assert (out / "sessions" / "day-1" / "s3" / "records.jsonl").stat().st_mtime_ns == written
    table = json.loads((out / "batch.json").read_text())
    assert table["sessions"] == {"done": N_SESSIONS, "truncated": 1, "failed": 3}
    assert "day-1/s1" in (out / "batch.csv").read_text()
    assert "sessions/day-1/s1/report.html" in (out / "batch.html").read_text()


@pytest.fixture(scope="module")
def bucket(archive: Path) -> Iterator[str]:
    """The same archive in an object store that answers as S3 does."""
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    before = {name: os.environ.get(name) for name in names}
    with object_store(BUCKET) as put:
        for path in sorted(archive.rglob("*")):
            if path.is_file():
                put(f"archive/{path.relative_to(archive)}", path.read_bytes())
        yield f"s3://{BUCKET}/archive"
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_object_store_a_cluster_and_a_killed_worker(
    archive: Path, bucket: str, workers: str, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    killed = threading.Event()
    with local_workers(2) as cluster:

        def kill_one(done: int, _total: int | None) -> None:
            if done >= 4 and not killed.is_set():
                killed.set()
                worker = next(iter(cluster.workers.values()))
                os.kill(worker.pid, signal.SIGKILL)

        request = _request(bucket, there, scheduler=cluster.scheduler_address)
        far = batch(request, kill_one)
    near = batch(_request(str(archive), here, scheduler=workers), unheard)
    assert killed.is_set()
    assert [(r.name, r.status, r.verdicts) for r in far.rows] == [
        (r.name, r.status, r.verdicts) for r in near.rows
    ]
    for row in near.rows:
        if row.status is not Status.FAILED:
            assert _records(here / "sessions" / row.name) == _records(there / "sessions" / row.name)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_parts_of_one_recording_are_one_session(
    archive: Path, workers: str, tmp_path: Path
) -> None:
    whole, days = archive / "day-1" / "s0.mcap", tmp_path / "days"
    days.mkdir()
    source = SessionSource(whole)
    done = record_session(source, days / "long.mcap", limit_bytes=whole.stat().st_size // 2)
    source.close()
    assert done.n_parts > 1
    shutil.copyfile(days / "long.part002.mcap", days / "lone.part002.mcap")

    out, alone = tmp_path / "out", tmp_path / "alone"
    lone, long = batch(_request(str(days), out, scheduler=workers), unheard).rows
    assert (lone.name, lone.status) == ("lone.part002", Status.FAILED)
    assert "is not part 1 of its recording" in lone.reason
    assert (long.name, long.status, long.n_frames) == ("long", Status.DONE, N_FRAMES)
    options = ["--out", str(alone), "--segmenter", "masks", "--no-video"]
    assert main(["replay", str(days / "long.mcap"), "--all-parts", *options]) == 0
    assert _records(out / "sessions" / "long") == _records(alone)

    (days / "long.part002.mcap").unlink()
    [_, long] = batch(_request(str(days), out, scheduler=workers), unheard).rows
    assert (long.status, long.n_frames) != (Status.DONE, N_FRAMES)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_cluster_without_workers_is_said(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CONNECT_S", 5)
    with local_workers(0) as cluster:
        request = _request(str(archive), tmp_path, scheduler=cluster.scheduler_address)
        with pytest.raises(UsageError, match="has no worker"):
            batch(request, unheard)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_gate_finds_the_session_that_decides_otherwise(
    archive: Path, workers: str, tmp_path: Path
) -> None:
    day, out, before = archive / "day-1", tmp_path / "now", tmp_path / "before"
    batch(_request(str(day), before, scheduler=workers), unheard)
    same = batch(_request(str(day), out, scheduler=workers, baseline=before), unheard)
    assert same.changes == {"same": N_SESSIONS}
    assert exit_code(same, is_gate=True) == 0

    changed = before / "sessions" / "s3" / "records.jsonl"
    lines = changed.read_text().splitlines()
    record = json.loads(lines[7])
    record["verdict"], record["alignment"]["air_gap_mm"]["value"] = "READY", 3.0
    changed.write_text("\n".join([*lines[:7], json.dumps(record), *lines[8:]]) + "\n")
    table = json.loads((before / "batch.json").read_text())
    table["rows"].append({**table["rows"][0], "name": "s9"})
    (before / "batch.json").write_text(json.dumps(table))
    found = batch(_request(str(day), out, scheduler=workers, baseline=before), unheard)
    assert exit_code(found, is_gate=True) == 6
    by_name = {c.name: c for c in found.comparisons or ()}
    assert (by_name["s3"].change, by_name["s3"].n_verdicts) == ("verdict", 1)
    assert by_name["s3"].first_frame == record["frame_index"]
    assert by_name["s9"].change == "gone"
    assert "decide otherwise" in (out / "batch.html").read_text()


def test_what_cannot_be_run_is_said_before_anything_is(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be listed"):
        list_sessions(str(tmp_path / "nothing"))
    with pytest.raises(UsageError, match="cannot be listed"):
        list_sessions("nosuch://place")
    (tmp_path / "bare").mkdir()
    with pytest.raises(SourceError, match="holds no session"):
        list_sessions(str(tmp_path / "bare"))
    out = ("--out", str(tmp_path / "out"))
    assert main(["sessions", "batch", str(archive), *out, "--gate"]) == 2
    assert main(["sessions", "batch", str(archive), *out, "--baseline", str(tmp_path)]) == 2
    plan = archive / "day-1" / "s0.plan.toml"
    wrong = ("--rig", str(plan), "--plan", str(plan))
    assert main(["sessions", "batch", str(archive), *out, *wrong]) == 3
    assert not (tmp_path / "out").exists()
