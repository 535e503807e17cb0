"""`bench contour`: what it measures, and what fails a goal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.loading import SegmenterKind
from pipeline.benchmarks import contour
from pipeline.benchmarks.contour import (
    LIMIT_MM,
    Followed,
    Situation,
    contour_findings,
    follow,
    on_bed,
)
from recordings.progress import Report, unheard
from recordings.simulation.bed_shape import RoundBed
from recordings.simulation.moved_views import BREATH_MM, TURN_DEG, WAY_MM, draw_moved_visit
from tests.builders_results import APPLICATOR
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

SMALL = (5, 5, 0)
GOOD = Followed(Situation("tissue", 0, True), (0.5, 0.8), (0.4, 0.6), 2, is_placed=True)
FEW_FRAMES_MM = 3.0  # four times faster than the benchmark's camera, and few frames in the map


def unmet(*found: Followed) -> set[str]:
    return {goal.name for goal in contour_findings(found).goals if not goal.is_met}


@pytest.mark.slow
def test_a_line_stays_on_tissue_that_is_moved_by_all_of_it() -> None:
    found = follow(Situation("tissue", 3, True, SMALL))
    assert found.is_placed
    assert found.n_later == sum(SMALL) - SMALL[0]
    assert len(found.errors_mm) == found.n_later
    assert 0.05 < np.median(found.errors_mm) < LIMIT_MM, "noise is not nothing, nor all"
    assert max(found.errors_mm) < FEW_FRAMES_MM


@pytest.mark.parametrize(("kind", "labels"), [("masks", "true labels"), ("onnx", "the network's")])
def test_the_labels_that_are_asked_for_are_used_and_named(
    kind: SegmenterKind, labels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str] = []

    class LoadedError(Exception):
        """The visit has come as far as its labels."""

    def load(asked: SegmenterKind) -> None:
        used.append(asked)
        raise LoadedError

    def run(
        task: Callable[[Situation], Followed],
        situations: list[Situation],
        _report: Report,
        _n_processes: int,
    ) -> list[Followed]:
        with pytest.raises(LoadedError):
            task(situations[0])
        return [replace(GOOD, situation=one) for one in situations]

    monkeypatch.setattr(contour, "load_segmenter", load)
    monkeypatch.setattr(contour, "side_by_side", run)
    found = contour.contour_bench(1, 0, unheard, beds=["flat"], segmenter=kind)
    assert used == [kind]
    assert labels in found.tables[0].title


class TestGoals:
    def test_a_good_visit_meets_all(self) -> None:
        assert unmet(GOOD) == set()

    def test_one_frame_off_its_tissue_fails(self) -> None:
        off = replace(GOOD, errors_mm=(*[0.5] * 99, 2.1), picture_px=(0.5,) * 100, n_later=100)
        assert unmet(off) == {"largest distance from its tissue, mm"}

    def test_a_line_that_is_not_shown_fails(self) -> None:
        assert unmet(replace(GOOD, n_later=4)) == {"share of frames that show the line"}

    def test_nothing_placed_meets_nothing(self) -> None:
        nothing = Followed(Situation("tissue", 0, False), n_later=2)
        assert len(unmet(nothing)) == 4


@pytest.mark.parametrize("is_patient_breathing", [True, False])
def test_the_visit_moves_as_far_as_it_says(*, is_patient_breathing: bool) -> None:
    visit = draw_moved_visit(
        APPLICATOR, "flat", 5, (20, 20, 1), is_patient_breathing=is_patient_breathing
    )
    poses = [visit.camera_from_bed(index) for index in range(visit.n_frames)]
    turn = poses[19][:3, :3].T @ poses[-1][:3, :3]
    angle = np.degrees(np.arccos((np.trace(turn) - 1) / 2))
    assert angle == pytest.approx(TURN_DEG, abs=0.1)
    cameras = np.array([invert(pose)[:3, 3] for pose in poses])
    assert np.linalg.norm(cameras[-1] - cameras[19]) == pytest.approx(WAY_MM, abs=BREATH_MM)
    assert np.ptp(cameras[:20, 2]) == pytest.approx(BREATH_MM, abs=0.3)


def test_rays_meet_the_true_bed() -> None:
    bed = RoundBed(150.0)
    camera_from_bed = rigid(rotation_from_vector([2.4, 0.1, 0.2]), [10.0, 20.0, 500.0])
    x, y = np.meshgrid(np.linspace(-30, 30, 5), np.linspace(-30, 30, 5))
    points = np.stack([x, y, bed.height_mm(x, y)], axis=-1).reshape(-1, 3)
    seen = transform_points(camera_from_bed, points) * np.linspace(0.9, 1.1, 25)[:, None]
    assert np.abs(on_bed(bed, camera_from_bed, seen) - points).max() < 1e-6
