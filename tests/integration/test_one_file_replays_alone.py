"""A recording carries rig, plan and catalogue: it is replayed with nothing else named."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from pipeline.benchmarks.recording_scene import noise_frame, noise_header
from pipeline.cli.app import main
from pipeline.config.catalogue_file import BUILT_IN_CATALOGUE
from recordings.recorder import record_session
from recordings.session.reader import SessionSource
from recordings.session.writer import SessionWriter
from recordings.source import CATALOGUE_TEXT
from tests.config_texts import PLAN, RIG

SOURCE = "sim:docking-small"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten frames, and beside them the rig and plan that the recording carries, too."""
    folder = tmp_path_factory.mktemp("alone")
    out = str(folder / "s.mcap")
    assert main(["simulate", SOURCE.partition(":")[2], out, "--frames", "10"]) == 0
    return folder


def replayed(source: Path, out: Path, *more: str) -> list[str]:
    made = ["replay", str(source), "--out", str(out), "--segmenter", "masks", "--no-video"]
    assert main([*made, *more]) == 0
    lines = (out / "records.jsonl").read_text().splitlines()
    return [json.dumps({k: v for k, v in json.loads(x).items() if k != "stage_ms"}) for x in lines]


def test_it_gives_the_records_of_a_replay_with_its_files(folder: Path, tmp_path: Path) -> None:
    alone = replayed(folder / "s.mcap", tmp_path / "alone")
    rig, plan = (str(folder / f"s.{name}.toml") for name in ("rig", "plan"))
    assert alone == replayed(folder / "s.mcap", tmp_path / "named", "--rig", rig, "--plan", plan)
    assert len(alone) == 10
    told = [
        tomllib.loads((tmp_path / name / "effective_config.toml").read_text())["plan"]
        for name in ("alone", "named")
    ]
    assert told[0] == told[1]


def test_what_is_named_is_used_for_what_it_carries(folder: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    text = (folder / "s.plan.toml").read_text()
    plan.write_text(text + "\n# reviewed\n")
    lines = replayed(folder / "s.mcap", tmp_path / "out", "--plan", str(plan))
    own = replayed(folder / "s.mcap", tmp_path / "own")
    ids = [json.loads(side[0])["ids"] for side in (lines, own)]
    assert ids[0]["plan"] != ids[1]["plan"]
    assert {**ids[0], "plan": ""} == {**ids[1], "plan": ""}


class TestRange:
    """A part of a replay is the part of the whole one, unless it is begun in the middle."""

    def test_its_records_are_those_of_the_whole(self, folder: Path, tmp_path: Path) -> None:
        whole = replayed(folder / "s.mcap", tmp_path / "whole")
        part = replayed(folder / "s.mcap", tmp_path / "part", "--from", "6", "--to", "8")
        assert part == whole[6:9]
        told = json.loads((tmp_path / "part" / "summary.json").read_text())
        assert told["notes"] == ["Only frames 6 to 8 were written, counted from 0."]
        assert told["frames"] == 3

    def test_begun_cold_it_remembers_nothing(self, folder: Path, tmp_path: Path) -> None:
        cold = replayed(folder / "s.mcap", tmp_path / "cold", "--from", "6", "--cold")
        whole = replayed(folder / "s.mcap", tmp_path / "whole")
        indices = [[json.loads(line)["frame_index"] for line in side] for side in (cold, whole)]
        assert indices[0] == indices[1][6:]
        assert cold != whole[6:]
        [note] = json.loads((tmp_path / "cold" / "summary.json").read_text())["notes"]
        assert note.endswith("without memory of those before.")
        run = tomllib.loads((tmp_path / "cold" / "effective_config.toml").read_text())["run"]
        assert run == {**run, "from": 6, "cold": True}


class TestAllParts:
    """Parts of a recording are replayed as the session that they are."""

    def parts(self, folder: Path, tmp_path: Path) -> Path:
        path = tmp_path / "p" / "long.mcap"
        path.parent.mkdir()
        size = (folder / "s.mcap").stat().st_size
        source = SessionSource(folder / "s.mcap")
        assert record_session(source, path, limit_bytes=size // 2).n_parts > 2
        source.close()
        return path

    @pytest.mark.slow
    def test_they_give_the_records_of_one_file(self, folder: Path, tmp_path: Path) -> None:
        path = self.parts(folder, tmp_path)
        assert main(["record", str(folder / "s.mcap"), str(tmp_path / "one.mcap")]) == 0
        one = replayed(tmp_path / "one.mcap", tmp_path / "out-1")
        assert replayed(path, tmp_path / "out-2", "--all-parts") == one
        assert 0 < len(replayed(path, tmp_path / "out-3")) < len(one)

    def test_a_part_that_is_missing_is_said(
        self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = self.parts(folder, tmp_path)
        asked = ["replay", str(path), "--all-parts", "--out", str(tmp_path / "o")]
        second = path.with_name("long.part002.mcap")
        assert main(["replay", str(second), *asked[2:]]) == 5
        assert "is a later part" in capsys.readouterr().err
        second.unlink()
        assert main(asked) == 5
        assert "is not part 2" in capsys.readouterr().err
        assert main(["replay", SOURCE, *asked[2:]]) == 2

    def test_a_part_that_was_cut_ends_it(self, folder: Path, tmp_path: Path) -> None:
        path = self.parts(folder, tmp_path)
        data = path.read_bytes()
        path.write_bytes(data[:-100])  # frames are whole, its end is not
        out = tmp_path / "out"
        asked = ["replay", str(path), "--all-parts", "--out", str(out), "--no-video"]
        assert main([*asked, "--segmenter", "masks"]) == 5
        told = json.loads((out / "summary.json").read_text())
        assert told["truncated"] is True
        assert 0 < told["frames"] < 10


def test_a_report_of_it_needs_no_files_either(folder: Path, tmp_path: Path) -> None:
    asked = ["session", "report", "--recording", str(folder / "s.mcap"), "--segmenter", "masks"]
    assert main([*asked, "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "session_report.html").exists()


def test_without_a_plan_it_says_how_to_name_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bare.mcap"
    with SessionWriter(path, noise_header()) as writer:
        writer.write(noise_frame(0, 0))
    assert main(["replay", str(path), "--out", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert "bare.mcap carries no rig.toml" in err
    assert "--rig" in err
    assert not (tmp_path / "out").exists()


class TestRecord:
    """What is given to `record` travels with the recording."""

    def bare(self, folder: Path) -> Path:
        """Frames of the story as a folder of images: no rig and no plan."""
        assert main(["simulate", "docking-small", str(folder / "bop"), "--frames", "3"]) == 0
        return folder / "bop"

    def test_a_recording_without_says_so(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "s.mcap"
        assert main(["record", str(self.bare(tmp_path)), str(out)]) == 0
        assert "carries no rig.toml and no plan.toml" in capsys.readouterr().err
        assert main(["replay", str(out), "--out", str(tmp_path / "out")]) == 2

    def test_with_them_it_replays_alone(self, tmp_path: Path) -> None:
        out, bare = tmp_path / "s.mcap", self.bare(tmp_path)
        rig, plan = (str(tmp_path / f"bop.{name}.toml") for name in ("rig", "plan"))
        assert main(["record", str(bare), str(out), "--rig", rig, "--plan", plan]) == 0
        assert len(replayed(out, tmp_path / "out")) == 3

    def test_files_that_do_not_belong_together_are_refused_first(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        plan, rig = tmp_path / "plan.toml", tmp_path / "rig.toml"
        plan.write_text(PLAN.replace("MOB-D60-B15", "MOB-D61-B15"))
        rig.write_text(RIG)
        out = tmp_path / "s.mcap"
        asked = ["record", f"{SOURCE}:0", str(out), "--rig", str(rig), "--plan", str(plan)]
        assert main(asked) == 3
        assert "MOB-D61-B15" in capsys.readouterr().err
        assert not out.exists()


def test_a_rig_of_another_camera_is_refused_before_anything_is_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rig, out = tmp_path / "rig.toml", tmp_path / "s.mcap"
    assert main(["simulate", "docking-small", str(tmp_path / "m.mcap"), "--frames", "1"]) == 0
    text = (tmp_path / "m.rig.toml").read_text()
    serial = tomllib.loads(text)["camera_serial"]
    rig.write_text(text.replace(f'"{serial}"', '"999"'))
    assert main(["record", SOURCE, str(out), "--frames", "1", "--rig", str(rig)]) == 4
    assert "999" in capsys.readouterr().err
    rig.write_text("schema = [")
    assert main(["record", SOURCE, str(out), "--frames", "1", "--rig", str(rig)]) == 3
    assert not out.exists()
    assert main(["record", SOURCE, str(tmp_path / "none" / "s.db3")]) == 2


def test_an_empty_part_says_where_the_recording_ends(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes((folder / "s.mcap").read_bytes()[:-100])
    asked = ["replay", str(cut), "--out", str(tmp_path / "o"), "--no-video"]
    assert main([*asked, "--segmenter", "masks", "--from", "50"]) == 5
    assert "no whole frame from 50 on" in capsys.readouterr().err
    assert main([*asked, "--cold"]) == 2


class TestCatalogue:
    """The recording's own, by its own name, and never a file of this machine."""

    def carrying(self, folder: Path, tmp_path: Path, text: str) -> Path:
        source, path = SessionSource(folder / "s.mcap"), tmp_path / "own.mcap"
        header = source.header.carrying(CATALOGUE_TEXT, text)
        header = header.carrying("session.json", json.dumps({"catalogue": "our_site@0123456789ab"}))
        with SessionWriter(path, header) as writer:
            while (frame := source.read()) is not None:
                writer.write(frame)
        source.close()
        return path

    def test_its_id_begins_with_the_name_it_had(self, folder: Path, tmp_path: Path) -> None:
        text = BUILT_IN_CATALOGUE.read_text() + "\n# ours\n"
        lines = replayed(self.carrying(folder, tmp_path, text), tmp_path / "out")
        assert json.loads(lines[0])["ids"]["catalogue"].startswith("our_site@")

    def test_a_mesh_that_it_names_is_not_read(
        self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        secret = tmp_path / "secret.ply"
        secret.write_text("ply")
        text = BUILT_IN_CATALOGUE.read_text().replace('mesh = ""', f'mesh = "{secret}"', 1)
        assert str(secret) in text
        path = self.carrying(folder, tmp_path, text)
        assert main(["replay", str(path), "--out", str(tmp_path / "out")]) == 3
        assert "which a recording does not carry" in capsys.readouterr().err
