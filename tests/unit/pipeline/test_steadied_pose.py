"""The steadied pose is drawn, and only drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.overlay.overlay import draw_overlay
from pipeline.request import RunRequest
from pipeline.sinks.factory import RunSinks, build_sinks
from pipeline.sinks.sink import FrameResult
from pipeline.sinks.steadier import PoseSteadier
from tests.builders_results import make_context, make_result
from tracking.decision import Verdict
from tracking.pose_change import changed_pose, pose_change
from tracking.reasons import Reason
from tracking.registration import PoseStart

N_FRAMES = 40
SETTLED = 15
NOISE_MM, NOISE_RAD = 0.1, 1e-3  # as the builder's registrations state
JITTER_REDUCTION = 3.0
CONTEXT = make_context()


def jittering(n_frames: int = N_FRAMES) -> list[FrameResult]:
    """A still cone whose registered pose jitters."""
    rng = np.random.default_rng(11)
    results = []
    for frame in range(n_frames):
        result = make_result(frame_index=frame)
        noise = rng.normal(0.0, [NOISE_RAD] * 3 + [NOISE_MM] * 3)
        pose = changed_pose(pose_of(result), noise)
        registration = replace(
            result.record.registration,
            camera_from_applicator=pose,
            roll_observable=True,
            axial_observable=True,
            start=PoseStart.TRACKED,
        )
        record = replace(result.record, registration=registration)
        results.append(replace(result, record=record))
    return results


def pose_of(result: FrameResult) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    pose = result.record.registration.camera_from_applicator
    assert pose is not None
    return pose


def written(folder: Path, results: list[FrameResult]) -> dict[str, bytes]:
    """What a run without video writes for machines."""
    folder.mkdir()
    request = RunRequest("sim:x", Path("r"), Path("p"), folder, quiet=True, video=False)
    sinks = build_sinks(request, CONTEXT, folder, len(results))
    for result in results:
        sinks.emit(result)
    sinks.finish(None)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_drawn_jitters_less_than_what_is_recorded() -> None:
    steadier = PoseSteadier()
    results = [steadier.steadied(result) for result in jittering()]
    still = pose_of(make_result())
    recorded = np.array([pose_change(still, pose_of(result)) for result in results])
    drawn_poses = [result.drawn_pose for result in results]
    drawn = np.array([pose_change(still, pose) for pose in drawn_poses if pose is not None])
    assert len(drawn) == N_FRAMES
    for part in (slice(0, 3), slice(3, 6)):
        reduction = recorded[SETTLED:, part].std() / drawn[SETTLED:, part].std()
        assert reduction > JITTER_REDUCTION


def test_records_are_the_same_with_and_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = jittering()
    before = [json.dumps(result.record.to_json()) for result in results]
    steadied = written(tmp_path / "with", results)
    assert [json.dumps(result.record.to_json()) for result in results] == before
    unchanged: Callable[[PoseSteadier, FrameResult], FrameResult] = lambda _, result: result  # noqa: E731
    monkeypatch.setattr(PoseSteadier, "steadied", unchanged)
    plain = written(tmp_path / "without", results)
    assert plain["records.jsonl"] == steadied["records.jsonl"]
    assert plain["summary.json"] == steadied["summary.json"]
    assert plain["overlay.png"] != steadied["overlay.png"]  # it was at work


def test_every_sink_sees_the_record_as_it_was(tmp_path: Path) -> None:
    request = RunRequest("sim:x", Path("r"), Path("p"), tmp_path, quiet=True, video=False)
    built = build_sinks(request, CONTEXT, tmp_path, N_FRAMES)
    seen = Watcher()
    sinks = RunSinks(tmp_path, CONTEXT, True, built.history, built.stills, (seen,))
    results = jittering(5)
    for result in results:
        sinks.emit(result)
    sinks.close()
    built.close()
    assert [result.record for result in seen.results] == [result.record for result in results]
    assert all(result.steadied_pose is not None for result in seen.results)


class Watcher:
    def __init__(self) -> None:
        self.results: list[FrameResult] = []

    def emit(self, result: FrameResult) -> None:
        self.results.append(result)

    def close(self) -> None:
        """Nothing stays open."""


@pytest.mark.parametrize("shift_px", [0, 40])
def test_cone_ring_and_exit_are_drawn_where_the_steadied_pose_is(shift_px: int) -> None:
    result = make_result()
    pose = pose_of(result)
    intrinsics = result.source_frame.frame.intrinsics
    shift_mm = shift_px * pose[2, 3] / intrinsics.fx
    moved = changed_pose(pose, np.array([0.0, 0.0, 0.0, shift_mm, 0.0, 0.0]))
    drawn = draw_overlay(replace(result, steadied_pose=moved), CONTEXT)
    as_registered = replace(result.record.registration, camera_from_applicator=moved)
    expected = draw_overlay(
        replace(result, record=replace(result.record, registration=as_registered)), CONTEXT
    )
    assert np.array_equal(drawn, expected)
    assert np.array_equal(drawn, draw_overlay(result, CONTEXT)) == (shift_px == 0)


def test_without_a_trusted_pose_nothing_is_steadied() -> None:
    steadier = PoseSteadier()
    lost = make_result(Verdict.UNSURE, (Reason.NO_APPLICATOR,), has_pose=False)
    assert steadier.steadied(lost).drawn_pose is None
    assert steadier.steadied(make_result(frame_index=1)).drawn_pose is not None
