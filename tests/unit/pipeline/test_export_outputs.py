"""Exports that end early leave nothing; a live recording's file for viewers has its decisions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from foxglove_schemas_protobuf.Log_pb2 import Log
from mcap.reader import make_reader

from pipeline.export import command
from pipeline.export.command import ExportRequest, export
from pipeline.export.outputs import outputs
from pipeline.export.viewer import decided_live
from recordings.progress import unheard
from recordings.session import schema
from recordings.session.writer import SessionWriter, encoded
from tests.recording_frames import make_frames, make_header
from tracking.errors import UsageError
from tracking.frame import LiveNotes, SourceFrame

N_FRAMES = 2  # the third of `make_frames` has no colour, which a BOP folder needs
POSE = [[0.0, -1.0, 0.0, 10.0], [1.0, 0.0, 0.0, -20.0], [0.0, 0.0, 1.0, 400.0], [0, 0, 0, 1]]


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "s.mcap"
    with SessionWriter(path, make_header()) as writer:
        for frame in make_frames(N_FRAMES):
            writer.write(frame)
    return path


def asked_for(session: Path) -> ExportRequest:
    """Every form that needs no results."""
    folder = session.parent
    return ExportRequest(
        str(session),
        png=folder / "png",
        ply=folder / "ply",
        bop=folder / "bop",
        viewer=folder / "v.mcap",
    )


def test_what_is_whole_stays(session: Path) -> None:
    assert export(asked_for(session), unheard) == N_FRAMES
    names = sorted(path.name for path in session.parent.iterdir())
    assert names == ["bop", "ply", "png", "s.mcap", "v.mcap"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError, ZeroDivisionError])
def test_whatever_ends_an_export_leaves_nothing(session: Path, error: type[BaseException]) -> None:
    def interrupted(_done: int, _total: int | None) -> None:
        raise error

    with pytest.raises(error):
        export(asked_for(session), interrupted)
    assert list(session.parent.iterdir()) == [session]


def test_a_form_that_cannot_be_opened_leaves_nothing_of_those_before(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise UsageError("no room")

    monkeypatch.setattr(command, "BopWriter", refused)
    with pytest.raises(UsageError, match="no room"):
        export(asked_for(session), unheard)
    assert list(session.parent.iterdir()) == [session]


def test_a_damaged_session_without_a_frame_in_the_range_leaves_nothing(session: Path) -> None:
    session.write_bytes(session.read_bytes()[:-100])
    with pytest.raises(UsageError, match="No frame lies in the range"):
        export(replace(asked_for(session), first=1000), unheard)
    assert list(session.parent.iterdir()) == [session]


class Noted:
    """An export that says what becomes of it; `fails`: it cannot be finished."""

    def __init__(self, name: str, said: list[str], *, fails: bool = False) -> None:
        self._name, self._said, self._fails = name, said, fails

    def write(self, source_frame: SourceFrame) -> None:
        """Take it."""

    def close(self) -> None:
        self._said.append(f"{self._name} closed")
        if self._fails:
            raise OSError("no room")

    def abandon(self) -> None:
        self._said.append(f"{self._name} abandoned")


def opened(said: list[str], failing: str) -> None:
    with outputs() as found:
        for name in ("a", "b", "c"):
            found.add_frames(Noted(name, said, fails=name == failing))


def test_one_that_cannot_be_finished_is_abandoned_with_the_rest() -> None:
    said: list[str] = []
    opened(said, "")
    assert said == ["c closed", "b closed", "a closed"]
    said.clear()
    with pytest.raises(OSError, match="no room"):
        opened(said, "b")
    assert said == ["c closed", "b closed", "b abandoned", "a abandoned"]


def live_session(folder: Path, *records: str) -> Path:
    path = folder / "live.mcap"
    with SessionWriter(path, replace(make_header(), origin="live")) as writer:
        for frame, record in zip(make_frames(len(records)), records, strict=True):
            writer.write_encoded(encoded(frame, None, LiveNotes("{}", record)))
    return path


def record(verdict: object, *reasons: str, pose: object = None) -> str:
    told = {"verdict": verdict, "reasons": reasons}
    return json.dumps({**told, "registration": {"camera_from_applicator": pose}})


def test_a_live_recording_is_shown_with_what_was_decided(tmp_path: Path) -> None:
    told = (record("HOLD", "TILT_HIGH", pose=POSE), record("READY", pose=POSE))
    out = tmp_path / "v.mcap"
    assert export(ExportRequest(str(live_session(tmp_path, *told)), viewer=out), unheard) == 2
    found: dict[str, list[bytes]] = {}
    with out.open("rb") as stream:
        for _, channel, message in make_reader(stream).iter_messages():
            found.setdefault(channel.topic, []).append(message.data)
    assert len(found[schema.TRANSFORM_TOPIC]) == 2
    lines = [Log.FromString(data).message for data in found[schema.LOG_TOPIC]]
    assert lines == ["HOLD TILT_HIGH", "READY"]


NO_POSES: tuple[object, ...] = (
    *([], [[1]], [[1e999] * 4] * 4, [[{}] * 4] * 4),
    [[10**400] * 4] * 4,
)


@pytest.mark.parametrize(
    "text",
    [
        *("[", "{}", '{"registration":3,"verdict":[],"reasons":{}}', record("?", pose="x")),
        *(record("?", pose=pose) for pose in NO_POSES),
    ],
    ids=lambda text: text[:60],
)
def test_what_is_no_decision_is_left_out(text: str) -> None:
    pose, verdict, reasons = decided_live(LiveNotes("{}", text))
    assert (pose, verdict, reasons) == (None, "", [])


def test_a_frame_without_notes_has_no_decision() -> None:
    assert decided_live(None) == (None, "", [])
    pose, verdict, reasons = decided_live(LiveNotes("{}", record("HOLD", "NO_BED", pose=POSE)))
    assert pose is not None
    assert (pose[2, 3], verdict, reasons) == (400.0, "HOLD", ["NO_BED"])
