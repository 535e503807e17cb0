"""`sessions step` walks through a session; what it shows is what a replay records and draws."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any, Protocol

import pytest

from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from recordings.session.reader import SessionSource
from recordings.session.writer import SessionWriter
from recordings.simulation.simulate import simulate
from tests.recording_frames import read_all

N_FRAMES = 40  # 23 of the bed alone, then the cone comes in


class Walker(Protocol):
    """Steps through a session by commands; returns what stdout says from the first frame on."""

    def __call__(self, session: Path, *commands: str, code: int = 0) -> str: ...


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mcap"
    simulate("docking-small", 0, path, read_catalogue(None).applicators, n_frames=N_FRAMES)
    return path


@pytest.fixture(scope="module")
def replayed(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "run"
    files = [(f"--{kind}", str(clip.with_name(f"clip.{kind}.toml"))) for kind in ("rig", "plan")]
    options = [part for pair in files for part in pair]
    assert main(["replay", str(clip), *options, "--out", str(out), "--no-video"]) == 0
    return out


@pytest.fixture
def walked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Walker:
    def walk(session: Path, *commands: str, code: int = 0) -> str:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{c}\n" for c in commands)))
        assert main(["sessions", "step", str(session)]) == code
        out, err = capsys.readouterr()
        assert err == ""
        return out[out.index("position 0 ") :]

    return walk


def positions(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"^position (\d+) \(from 0\)", text, re.MULTILINE)]


def blocks(text: str) -> list[str]:
    return [f"position {part}" for part in re.split(r"^position ", text, flags=re.MULTILINE)[1:]]


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def without_times(record: dict[str, Any]) -> str:
    record.pop("stage_ms")
    return json.dumps(record, ensure_ascii=False)


def test_records_are_byte_by_byte_those_of_a_replay(
    clip: Path, replayed: Path, walked: Walker
) -> None:
    text = walked(clip, "r", *["n", "r"] * (N_FRAMES - 1), "q")
    lines = (replayed / "records.jsonl").read_text(encoding="utf-8").splitlines()
    expected = [without_times(json.loads(line)) for line in lines]
    assert [without_times(record) for record in records(text)] == expected
    assert len(expected) == N_FRAMES


@pytest.mark.slow
def test_a_leap_and_single_steps_lead_to_the_same_record(clip: Path, walked: Walker) -> None:
    leapt = records(walked(clip, "g 35", "r"))
    stepped = records(walked(clip, *[""] * 35, "r"))
    assert without_times(leapt[0]) == without_times(stepped[0])
    assert leapt[0]["frame_index"] == 35


def test_back_shows_exactly_what_forward_showed(clip: Path, walked: Walker) -> None:
    text = walked(clip, "g 30", "n", "n", "n", "r", "b", "b", "b", "g 33", "r", "q")
    found = blocks(text)
    assert positions(text) == [0, 30, 31, 32, 33, 32, 31, 30, 33]
    assert found[5:8] == [found[3], found[2], found[1]]
    assert found[8] == found[4]  # with the record's line: stage times too
    assert len(records(text)) == 2


def test_a_picture_is_the_one_that_a_replay_draws_also_after_going_back(
    clip: Path, replayed: Path, walked: Walker, tmp_path: Path
) -> None:
    there, again, first = (tmp_path / name for name in ("there.png", "again.png", "first.png"))
    last = N_FRAMES - 1  # no frame is READY: the last one with a pose is the replay's picture
    commands = [f"g {last}", f"p {there}", "g 0", f"p {first}", f"g {last - 3}", f"g {last}"]
    walked(clip, *commands, f"p {again}", "b", "q")
    expected = (replayed / "overlay.png").read_bytes()
    assert there.read_bytes() == expected
    assert again.read_bytes() == expected
    assert first.read_bytes() != expected


def test_the_way_goes_on_after_a_picture_of_an_earlier_frame(
    clip: Path, walked: Walker, tmp_path: Path
) -> None:
    text = walked(clip, "n", "n", "b", "b", f"p {tmp_path / 'a.png'}", "g 3")
    assert positions(text) == [0, 1, 2, 1, 0, 3]


def test_an_existing_file_is_refused_and_stays(clip: Path, walked: Walker, tmp_path: Path) -> None:
    taken = tmp_path / "taken.png"
    taken.write_bytes(b"mine")
    text = walked(clip, f"p {taken}", f"p {tmp_path / 'a.jpg'}", f"p {tmp_path / 'no' / 'a.png'}")
    assert taken.read_bytes() == b"mine"
    assert f"{taken} exists." in text
    assert "ends with .png" in text
    assert "cannot be written" in text
    assert [path.name for path in tmp_path.iterdir()] == ["taken.png"]


def test_the_next_other_verdict_is_found_among_passed_and_new_frames(
    clip: Path, replayed: Path, walked: Walker
) -> None:
    lines = (replayed / "records.jsonl").read_text(encoding="utf-8").splitlines()
    verdicts = [json.loads(line)["verdict"] for line in lines]
    change = next(k for k in range(1, N_FRAMES) if verdicts[k] != verdicts[k - 1])
    assert len(set(verdicts[change:])) == 1
    text = walked(clip, "v", "v", "b", "v", "g 0", "v", "q")
    assert positions(text) == [0, change, change - 1, change, 0, change]
    assert f"No frame behind position {change} has another verdict" in text
    assert f"since frame {change - 1}: {verdicts[change - 1]} -> {verdicts[change]}" in text


def test_a_block_says_verdict_reasons_quantities_and_what_changed(
    clip: Path, walked: Walker
) -> None:
    found = blocks(walked(clip, "g 33", "q"))[1]
    assert found.startswith("position 33 (from 0) of 40   frame 33   2.200 s since the first\n")
    assert "HOLD   0 of 10 armed" in found
    assert "- TILT_HIGH: The head is tilted. Tilt the head." in found
    assert re.search(r"Tilt +\d\.\d\d ±0\.\d\d +allowed ≤ 1 ° +outside", found)
    assert "survey of 23 frames" in found
    assert "UNSURE -> HOLD; new SSD_HIGH, AIR_GAP_HIGH; gone NO_BED" in found


WRONG = {
    "x": "expected: n, b, g POSITION, v, p FILE.png, r, ?, q",
    "n 3": "'n 3' is no command.",
    "g": "expected: g POSITION",
    "g two": "POSITION is a number.",
    "g -1": "There is no position -1.",
    "g 40": "expected: 0 to 39",
    "p": "expected: p FILE.png",
    "b": "This is the first frame.",
}


def test_a_wrong_command_says_what_there_is_and_changes_nothing(clip: Path, walked: Walker) -> None:
    text = walked(clip, *WRONG, "n")
    assert positions(text) == [0, 1]
    said = text.split("the first frame\n")[1]
    places = [said.find(answer) for answer in WRONG.values()]
    assert -1 not in places
    assert places == sorted(places)


def test_help_names_every_command(clip: Path, walked: Walker) -> None:
    lines = walked(clip, "?", "q", "n").split("the first frame\n")[1].splitlines()
    assert [line.split()[0] for line in lines] == ["n", "b", "g", "v", "p", "r", "?", "q"]


def test_the_end_is_said_and_one_stays_there(clip: Path, walked: Walker) -> None:
    text = walked(clip, "g 39", "n", "n", "b")
    assert text.count("The session ends here.") == 2
    assert positions(text) == [0, 39, 38]


def test_damage_is_said_where_it_is_met_and_frames_before_it_stay(
    clip: Path, walked: Walker, tmp_path: Path
) -> None:
    data = clip.read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(data[: len(data) // 3])
    n_whole = len(read_all(SessionSource(cut)))
    last = n_whole - 1
    assert 3 < last < N_FRAMES - 1
    picture = tmp_path / "a.png"
    text = walked(cut, "n", "g 39", "n", "b", f"p {picture}", "v", code=5)
    assert positions(text) == [0, 1, last, last - 1]
    assert text.count(f"The source is damaged behind position {last}.") == 3
    assert f"ends after {n_whole} whole frames" in text
    assert picture.exists()
    walked(cut, "n")  # not met: not told


def test_a_session_that_lacks_its_plan_asks_for_one(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare.mcap"
    source = SessionSource(clip)
    header = source.header
    texts = tuple(pair for pair in header.embedded if pair[0] != "plan.toml")
    with SessionWriter(bare, type(header)(**{**vars(header), "embedded": texts})) as writer:
        for frame in read_all(source)[:3]:
            writer.write(frame)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert main(["sessions", "step", str(bare)]) == 2
    assert "Name one with --plan." in capsys.readouterr().err
    plan = str(clip.with_name("clip.plan.toml"))
    assert main(["sessions", "step", str(bare), "--plan", plan]) == 0
    assert positions(capsys.readouterr().out) == [0, 1]


def test_a_camera_cannot_be_stepped_through(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sessions", "step", "realsense"]) == 2
    assert "A camera cannot be stepped through." in capsys.readouterr().err
