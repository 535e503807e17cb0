"""A batch's files: which sessions an archive holds, where results lie, what a baseline is."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Never

import fsspec.core
import pytest

from models.loading import load_segmenter
from pipeline.batch.archive import SessionFile, list_sessions
from pipeline.batch.baseline import read_baseline
from pipeline.batch.compare import Comparison, compare_batches
from pipeline.batch.job import Configuration, Job, Status, run_job
from pipeline.batch.results import ResultFolder, SessionRow
from pipeline.batch.run import share_a_computer
from pipeline.batch.table import Batch, write_tables
from pipeline.cli import batch as command
from pipeline.cli.app import main
from tracking.errors import UsageError

CONFIGURATION = Configuration(
    rig=None,
    plan=None,
    catalogue=None,
    site=None,
    segmenter="masks",
    model=load_segmenter("masks").model_id,
)


def _kept(out: ResultFolder, sessions: tuple[SessionFile, ...]) -> list[SessionRow]:
    """Run every session as a worker would: what travels is pickled."""
    jobs = [Job(s.name, s.urls, s.content, CONFIGURATION) for s in sessions]
    results = [run_job(pickle.loads(pickle.dumps(job))) for job in jobs]  # noqa: S301 - our own
    return [out.keep(pickle.loads(pickle.dumps(result))) for result in results]  # noqa: S301


def _written(out: ResultFolder, rows: list[SessionRow]) -> None:
    write_tables(out.path, Batch("archive", CONFIGURATION.id, tuple(rows)))


def _row(name: str) -> SessionRow:
    return SessionRow(name, Status.FAILED, "damaged", "content", CONFIGURATION.id, "software@1")


def _ran(folder: Path, *names: str) -> ResultFolder:
    """A batch that ended, and none of whose sessions could be read."""
    out = ResultFolder(folder)
    for name in names:
        out.session(name).mkdir(parents=True, exist_ok=True)
        (out.session(name) / "status.json").write_text(
            json.dumps(_row(name).to_json()), encoding="utf-8"
        )
    _written(out, [_row(name) for name in names])
    return out


def test_a_batch_goes_on_over_names_that_are_not_utf8(tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", ResultFolder(tmp_path / "out")
    archive.mkdir()
    for name in (b"\xff\xfe.mcap", b"\xfd" * 100 + b".mcap", b"plain.mcap"):
        (archive / os.fsdecode(name)).write_bytes(b"no session")
    sessions = list_sessions(str(archive))
    assert [session.name for session in sessions] == [r"\xfd" * 100, r"\xff\xfe", "plain"]
    rows = _kept(out, sessions)
    _written(out, rows)
    assert all("no readable session header" in row.reason for row in rows)
    assert [out.row(session.name) for session in sessions] == rows
    told = json.loads((out.path / "batch.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in told["rows"]] == [session.name for session in sessions]
    assert r"\xff\xfe" in (out.path / "batch.csv").read_text(encoding="utf-8")


def test_the_page_links_to_results_whatever_a_session_is_called(tmp_path: Path) -> None:
    _written(ResultFolder(tmp_path), [replace(_row(r"day/\xff#1"), status=Status.DONE)])
    assert "sessions/day/%5Cxff%231/report.html" in (tmp_path / "batch.html").read_text()


def test_a_store_without_credentials_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class NoCredentialsError(Exception):
        """As that of S3's library: no OSError."""

    class Closed:
        def isdir(self, _root: str) -> Never:
            raise NoCredentialsError("Unable to locate credentials")

    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda url: (Closed(), url))
    with pytest.raises(UsageError, match="cannot be listed") as caught:
        list_sessions("s3://bucket/archive")
    assert "credentials" in caught.value.actual
    ran = ["sessions", "batch", "s3://bucket/archive", "--out", str(tmp_path / "out")]
    assert main(ran) == 2
    assert "Unable to locate credentials" in capsys.readouterr().err


def test_sessions_of_earlier_runs_are_no_part_of_a_baseline(tmp_path: Path) -> None:
    before, now = tmp_path / "before", _ran(tmp_path / "now", "stays", "back")
    _ran(before, "stays", "left", "back")
    _ran(before, "stays")
    found = compare_batches(now, [_row("stays"), _row("back")], read_baseline(before))
    assert [(c.name, c.change) for c in found] == [("stays", "same"), ("back", "new")]


def test_a_session_of_the_baselines_last_run_that_is_missing_is_gone(tmp_path: Path) -> None:
    _ran(tmp_path / "before", "b", "a", "stays")
    now = _ran(tmp_path / "now", "stays")
    found = compare_batches(now, [_row("stays")], read_baseline(tmp_path / "before"))
    assert [(c.name, c.change) for c in found] == [("stays", "same"), ("a", "gone"), ("b", "gone")]
    assert [c.is_regression for c in found] == [False, True, True]


@pytest.mark.parametrize("text", [None, "{", "[]", '{"rows": [3]}', "{}"])
def test_a_baseline_whose_run_did_not_end_is_refused(tmp_path: Path, text: str | None) -> None:
    ResultFolder(tmp_path)
    if text is not None:
        (tmp_path / "batch.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="does not say which sessions"):
        read_baseline(tmp_path)


def test_what_is_gone_is_said_without_a_frame(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = (
        Comparison("left", "gone"),
        Comparison("turned", "verdict", n_frames=3, n_verdicts=2, first_frame=7),
    )
    command._tell(Batch("archive", "id", (), changes), tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert "  left: gone" in lines
    assert "  turned: verdict, 2 verdicts, from frame 7" in lines


def test_a_session_beside_a_folder_of_its_name_does_not_take_its_results_away(
    tmp_path: Path,
) -> None:
    archive, out = tmp_path / "archive", ResultFolder(tmp_path / "out")
    (archive / "day-1").mkdir(parents=True)
    for name in ("day-1.mcap", "day-1/s0.mcap"):
        (archive / name).write_bytes(b"no session")
    sessions = list_sessions(str(archive))
    rows = _kept(out, sessions)
    again = _kept(out, sessions)
    assert rows == again == [out.row(session.name) for session in sessions]
    assert list(out.path.rglob("*.unfinished")) == []


def test_a_session_called_as_a_result_lies_beside_it(tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", ResultFolder(tmp_path / "out")
    names = ["a", "a/.status.json.unfinished", "a/records.jsonl", "a/status.json"]
    for name in names:
        (archive / name).parent.mkdir(parents=True, exist_ok=True)
        (archive / f"{name}.mcap").write_bytes(b"no session")
    sessions = list_sessions(str(archive))
    assert [session.name for session in sessions] == names
    rows = _kept(out, sessions)
    assert [out.row(name) for name in names] == rows
    assert len({out.session(name) for name in names}) == len(names)


def test_parts_of_a_recording_are_one_session_whatever_lies_between(tmp_path: Path) -> None:
    names = ["s.mcap", "s.part002.mcap", "s.part010.mcap", "s.part1000.mcap", "s/s.mcap", "s0.mcap"]
    for name in (*names, "lost.part003.mcap", "lost.part002.mcap"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no session")
    found = {session.name: session.urls for session in list_sessions(str(tmp_path))}
    assert list(found) == ["lost.part002", "s", "s/s", "s0"]
    assert [PurePosixPath(url).name for url in found["s"]] == names[:4]
    assert [PurePosixPath(url).name for url in found["lost.part002"]] == [
        "lost.part002.mcap",
        "lost.part003.mcap",
    ]
    before = list_sessions(str(tmp_path))
    (tmp_path / "s.part010.mcap").write_bytes(b"another one")
    changed = [
        new.name
        for new, old in zip(list_sessions(str(tmp_path)), before, strict=True)
        if new.content != old.content
    ]
    assert changed == ["s"]


def test_records_that_cannot_be_compared_cost_their_own_session_alone(tmp_path: Path) -> None:
    now, before = (_ran(tmp_path / name, "one", "two") for name in ("now", "before"))
    record = {"frame_index": 0, "stamp_ns": 0, "verdict": "HOLD", "reasons": ["LATERAL_HIGH"]}
    line = json.dumps({**record, "alignment": {}, "stage_ms": {}}) + "\n"
    for out in (now, before):
        (out.session("one") / "records.jsonl").write_text(line * 2, encoding="utf-8")
        (out.session("two") / "records.jsonl").write_text(line, encoding="utf-8")
    rows = [_row("one"), _row("two")]
    found = compare_batches(now, rows, read_baseline(before.path))
    assert [(each.name, each.change) for each in found] == [("one", "failed"), ("two", "same")]


@pytest.mark.parametrize(
    ("n_threads", "shared"),
    [
        ({}, False),
        ({"tcp://10.0.0.5:4000": 1}, False),
        ({"tcp://10.0.0.5:4000": 1, "tcp://10.0.0.6:4000": 1}, False),
        ({"tcp://10.0.0.5:4000": 1, "tcp://10.0.0.5:4001": 1}, True),
        ({"tcp://10.0.0.5:4000": 2}, True),
        ({"tcp://[fe80::1]:4000": 1, "tcp://[fe80::1]:4001": 1}, True),
    ],
)
def test_workers_that_share_a_computer_are_known(n_threads: dict[str, int], shared: bool) -> None:
    assert share_a_computer(n_threads) is shared
