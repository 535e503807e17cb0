"""A session that was recorded with a site's catalogue carries it, and is replayed with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from calibration.text_file import content_id
from models.loading import load_segmenter
from pipeline.batch.job import Configuration, Job, Status, run_job
from pipeline.batch.results import ResultFolder
from pipeline.cli.app import main
from pipeline.config.catalogue_file import BUILT_IN_CATALOGUE
from recordings.session.reader import SessionSource

N_FRAMES = 3


@pytest.fixture(scope="module")
def text() -> str:
    """The built-in catalogue, its walls measured anew."""
    own = BUILT_IN_CATALOGUE.read_text(encoding="utf-8").replace("wall_mm = 2.0", "wall_mm = 2.5")
    assert "wall_mm = 2.5" in own
    return own


@pytest.fixture(scope="module")
def session(text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "site.toml").write_text(text, encoding="utf-8")
    path = folder / "s.mcap"
    options = ["--catalogue", str(folder / "site.toml"), "--frames", str(N_FRAMES)]
    assert main(["simulate", "docking-small", str(path), *options]) == 0
    return path


def _carried(path: Path) -> dict[str, str]:
    source = SessionSource(path)
    source.close()
    return dict(source.header.embedded)


def _summary(session: Path, out: Path, *more: str) -> dict[str, Any]:
    files = [str(session.with_suffix(f".{name}.toml")) for name in ("rig", "plan")]
    asked = ["--rig", files[0], "--plan", files[1], "--out", str(out), "--segmenter", "masks"]
    assert main(["replay", str(session), *asked, *more]) == 0
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return summary


def test_it_is_carried_and_written_beside(session: Path, text: str, tmp_path: Path) -> None:
    assert _carried(session)["catalogue.toml"] == text
    assert session.with_suffix(".catalogue.toml").read_text() == text
    copy = tmp_path / "copy.mcap"
    assert main(["record", str(session), str(copy)]) == 0
    assert _carried(copy)["catalogue.toml"] == text
    plain = tmp_path / "plain.mcap"
    assert main(["simulate", "docking-small", str(plain), "--frames", "1"]) == 0
    assert "catalogue.toml" not in _carried(plain)
    named = ["--catalogue", str(session.with_name("site.toml"))]
    again = tmp_path / "again.mcap"
    assert main(["record", str(plain), str(again), *named]) == 0
    assert _carried(again)["catalogue.toml"] == text


def test_a_batch_and_an_export_use_it(session: Path, text: str, tmp_path: Path) -> None:
    model = load_segmenter("masks").model_id
    job = Job("s", (str(session),), "-", Configuration(None, None, None, None, "masks", model))
    result = run_job(job)
    assert result.status is Status.DONE, result.reason
    folder = ResultFolder(tmp_path / "out")
    folder.keep(result)
    records = (folder.session("s") / "records.jsonl").read_text().splitlines()
    assert {json.loads(line)["ids"]["catalogue"] for line in records} == {
        content_id("catalogue", text)
    }
    table = tmp_path / "t.csv"
    options = ["--csv", str(table), "--segmenter", "masks"]
    assert main(["sessions", "export", str(session), *options]) == 0
    rows = table.read_text().splitlines()
    assert len(rows) == N_FRAMES + 1
    other = tmp_path / "other.csv"
    given = ["--csv", str(other), "--segmenter", "masks", "--catalogue", str(BUILT_IN_CATALOGUE)]
    assert main(["sessions", "export", str(session), *given]) == 0
    assert other.read_text().splitlines() != rows, "both came from one catalogue"


def test_a_replay_with_another_one_says_so(session: Path, tmp_path: Path) -> None:
    built_in = ["--catalogue", str(BUILT_IN_CATALOGUE)]
    with_other = _summary(session, tmp_path / "a", *built_in)["notes"]
    assert any("carries another applicator catalogue" in note for note in with_other)
    assert _summary(session, tmp_path / "b")["notes"] == []


def test_a_part_of_a_recording_says_so(session: Path, tmp_path: Path) -> None:
    own = ["--catalogue", str(session.with_suffix(".catalogue.toml"))]
    [note] = _summary(session, tmp_path / "a", *own, "--from", "1", "--to", "1")["notes"]
    assert note.startswith("Only frames 1 to 1 were written")
    [note] = _summary(session, tmp_path / "b", *own, "--from", "1")["notes"]
    assert note.startswith("Only frames 1 to the last were written")
