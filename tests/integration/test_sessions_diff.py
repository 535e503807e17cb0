"""`sessions diff` on real runs of a simulated clip, one of them with a constant changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from recordings.simulation.simulate import simulate
from tracking import likelihood

N_FRAMES = 30


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mcap"
    simulate("docking-small", 2, path, read_catalogue(None).applicators, n_frames=N_FRAMES)
    return path


def _replay(clip: Path, out: Path) -> Path:
    rig, plan = (clip.with_name(f"clip.{kind}.toml") for kind in ("rig", "plan"))
    files = ("--rig", str(rig), "--plan", str(plan), "--out", str(out))
    assert main(["replay", str(clip), *files, "--segmenter", "masks", "--no-video"]) == 0
    return out


@pytest.fixture(scope="module")
def run(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _replay(clip, tmp_path_factory.mktemp("runs") / "a")


@pytest.fixture(scope="module")
def changed(clip: Path, run: Path) -> Path:
    """The same clip with one constant of the likelihood changed by two percent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(likelihood, "TUKEY", 0.98 * likelihood.TUKEY)
        return _replay(clip, run.with_name("b"))


def _records(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "records.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "stage_ms"} for line in lines]


def test_a_run_is_the_same_as_its_repetition(
    clip: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = _replay(clip, tmp_path / "again")
    capsys.readouterr()
    assert main(["sessions", "diff", str(run), str(again), "--gate"]) == 0
    assert "The same: 30 frames" in capsys.readouterr().out


def test_a_changed_constant_is_found_at_its_first_frame(
    run: Path, changed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, picture = tmp_path / "diff.html", tmp_path / "diff.png"
    capsys.readouterr()
    options = ("--html", str(page), "--png", str(picture), "--json")
    assert main(["sessions", "diff", str(run), str(changed), *options]) == 0
    [told] = json.loads(capsys.readouterr().out)["sessions"]
    pairs = list(zip(_records(run), _records(changed), strict=True))
    first = next(i for i, (one, other) in enumerate(pairs) if one != other)
    cone = next(i for i, (one, _) in enumerate(pairs) if one["registration"]["status"] == "OK")  # type: ignore[index]
    assert told["first_frame"] == pairs[first][0]["frame_index"]
    assert first == cone  # the first frame in which a cone is registered
    assert "registration" in told["first_keys"]
    assert 0.0 < max(abs(q["largest"]) for q in told["quantities"]) < 2.0
    assert f"frame <strong>{told['first_frame']}</strong>" in page.read_text()
    assert picture.read_bytes().startswith(b"\x89PNG")


def _spoilt(run: Path, out: Path, changes: dict[int, str]) -> Path:
    out.mkdir(parents=True)
    lines = (run / "records.jsonl").read_text().splitlines()
    for index, verdict in changes.items():
        record = json.loads(lines[index])
        lines[index] = json.dumps({**record, "verdict": verdict, "reasons": ["SOURCE_FAILED"]})
    (out / "records.jsonl").write_text("\n".join(lines[:-2]) + "\n")
    return out


def test_verdicts_reasons_and_missing_frames_are_told(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = _spoilt(run, tmp_path / "other", {10: "FAULT", 11: "FAULT", 14: "READY"})
    capsys.readouterr()
    assert main(["sessions", "diff", str(run), str(other), "--json", "--gate"]) == 6
    [told] = json.loads(capsys.readouterr().out)["sessions"]
    stretches = [(c["first_frame"], c["n_frames"], c["b"]) for c in told["verdict_changes"]]
    indices = [r["frame_index"] for r in _records(run)]
    assert stretches == [(indices[10], 2, "FAULT"), (indices[14], 1, "READY")]
    assert ["SOURCE_FAILED", 0, 3] in told["reasons"]
    assert (told["n_only_a"], told["n_only_b"], told["verdicts_differing"]) == (2, 0, 5)


def test_archives_are_compared_by_name(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for side in ("x", "y"):
        _spoilt(run, tmp_path / side / "one", {})
    _spoilt(run, tmp_path / "x" / "two", {})
    capsys.readouterr()
    archives = (str(tmp_path / "x"), str(tmp_path / "y"))
    page = tmp_path / "archives.html"
    assert main(["sessions", "diff", *archives, "--html", str(page)]) == 0
    assert "2 sessions, 1 the same" in capsys.readouterr().out
    assert "Only A has it" in page.read_text()
    assert main(["sessions", "diff", *archives, "--gate"]) == 6


def test_what_cannot_be_compared_is_said(clip: Path, run: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    bad = tmp_path / "records.jsonl"
    assert main(["sessions", "diff", str(run), str(tmp_path / "nothing")]) == 2
    assert main(["sessions", "diff", str(run), str(tmp_path / "empty")]) == 5
    assert main(["sessions", "diff", str(run), str(run), "--html", str(run)]) == 2
    assert main(["sessions", "diff", str(run), str(run.parent)]) == 2
    assert main(["sessions", "diff", str(run), str(clip)]) == 5
    first = (run / "records.jsonl").read_text().splitlines()[0]
    for text in ("", "[]\n", "{}\n", first[:50], f"{first}\n{first}\n", '{"a":' * 3000):
        bad.write_text(text)
        assert main(["sessions", "diff", str(run), str(bad)]) == 5
    bad.write_bytes(b"\xff\xfe\x00")
    assert main(["sessions", "diff", str(run), str(bad)]) == 5
