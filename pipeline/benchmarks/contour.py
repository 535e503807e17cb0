"""Whether a drawn area's line stays on its tissue while camera and patient move. Simulation.

A circle is drawn exactly where it lies, on a picture of the still camera; then the camera goes
100 mm and turns by 20 deg, the bed breathes 5 mm, and a cone comes down beside the line. The line
that the live picture shows is held, point by point, against where the simulator has that tissue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.loading import SegmenterKind, load_segmenter
from pipeline.benchmarks.findings import Findings, Goal, TextTable, percentiles, share, shown
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.benchmarks.simulated import bench_config
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.progress import Report
from recordings.simulation.bed_shape import BedHeight
from recordings.simulation.bed_views import BED_KINDS
from recordings.simulation.moved_views import BREATH_MM, TURN_DEG, WAY_MM, draw_moved_visit
from recordings.simulation.truth_field import AreaOnBed
from tracking.arrays import Float
from tracking.drawn_area import DrawnArea, SurveySight, place_drawing
from tracking.outline import Outline
from tracking.transforms import invert, transform_points

N_FRAMES = (8, 20, 3)  # still, moving, docked: at five a second, six times coarser than a camera
LIMIT_MM = 2.0
MIN_SHOWN = 0.95  # of frames: a line that is not drawn is on no tissue
AREA = AreaOnBed(centre_mm=(4.0, -6.0), radius_mm=27.0)
LABELS: dict[SegmenterKind, str] = {"masks": "true labels", "onnx": "the network's labels"}
SOLVER_STEPS = 60  # of a ray onto the bed: the slopes are gentle, each step gains a digit or so


@dataclass(frozen=True)
class Situation:
    """One visit to run."""

    bed: str
    seed: int
    is_patient_breathing: bool
    n_frames: tuple[int, int, int] = N_FRAMES
    segmenter: SegmenterKind = "masks"

    @property
    def breathing(self) -> str:
        """What moves, in words."""
        return "all of the patient" if self.is_patient_breathing else "the bed alone"


@dataclass(frozen=True)
class Followed:
    """What became of one drawing.

    Attributes
    ----------
    errors_mm
        Largest distance of the line from its tissue, of each later frame that showed the line.
    picture_px
        The same in the picture.
    n_later
        Later frames, with or without the line.
    is_placed
        Whether the drawing was taken at all.
    """

    situation: Situation
    errors_mm: tuple[float, ...] = ()
    picture_px: tuple[float, ...] = ()
    n_later: int = 0
    is_placed: bool = False


def contour_bench(
    n_visits: int,
    seed: int,
    report: Report,
    n_processes: int = N_PROCESSES,
    beds: Sequence[str] = BED_KINDS,
    n_frames: tuple[int, int, int] = N_FRAMES,
    segmenter: SegmenterKind = "masks",
) -> Findings:
    """Run `n_visits` visits of each bed and way of breathing, from `seed` on."""
    situations = [
        Situation(bed, seed + i, is_patient, n_frames, segmenter)
        for i in range(n_visits)
        for bed in beds
        for is_patient in (False, True)
    ]
    found = side_by_side(follow, situations, report, n_processes)
    return contour_findings(found)


def follow(situation: Situation) -> Followed:
    """Render one visit, draw on it, and hold the line against the tissue in every later frame."""
    header, config = bench_config()
    visit = draw_moved_visit(
        config.applicator,
        situation.bed,
        situation.seed,
        situation.n_frames,
        is_patient_breathing=situation.is_patient_breathing,
    )
    intrinsics = visit.device.intrinsics
    evidence = evidence_for(header, config.rig, now=None).evidence
    tracker = Tracker(config, load_segmenter(situation.segmenter), evidence)
    placed_at = situation.n_frames[0] - 1
    sight: SurveySight | None = None
    drawn: DrawnArea | None = None
    tissue = np.zeros((0, 3))
    errors_mm, picture_px = [], []
    for index in range(visit.n_frames):
        survey = tracker.process(visit.frame(index)).record.survey
        camera_from_bed = visit.camera_from_bed(index)
        if index < placed_at:
            sight = SurveySight.of(index, survey)
        elif drawn is None:
            if index > placed_at or sight is None:
                break
            camera_from_bed = visit.camera_from_bed(sight.frame_index)
            corners = AREA.outline_px(visit.bed, camera_from_bed, intrinsics)
            outline = Outline(sight.frame_index, tuple((u, v) for u, v in corners.tolist()))
            drawn = place_drawing(outline, sight, survey, intrinsics, config.rig.depth)
            if drawn is not None:
                seen = transform_points(invert(sight.survey_from_camera), drawn.boundary_survey_mm)
                tissue = on_bed(visit.bed, camera_from_bed, seen)
        else:
            line, pose = drawn.line_px(survey, intrinsics), survey.survey_from_camera
            if line is None or pose is None:
                continue
            truly = transform_points(camera_from_bed, tissue)
            carried = transform_points(invert(pose), drawn.boundary_survey_mm)
            errors_mm.append(_largest(carried - truly))
            picture_px.append(_largest(line - intrinsics.project(truly)))
    return Followed(
        situation,
        tuple(errors_mm),
        tuple(picture_px),
        visit.n_frames - 1 - placed_at,
        drawn is not None,
    )


def on_bed(bed: BedHeight, camera_from_bed: Float, seen_camera_mm: Float) -> Float:
    """Where the rays through points (n, 3), camera space, meet the true bed: (n, 3), bed space."""
    bed_from_camera = invert(camera_from_bed)
    start = bed_from_camera[:3, 3]
    direction = seen_camera_mm @ bed_from_camera[:3, :3].T
    along = np.ones(len(direction))
    for _ in range(SOLVER_STEPS):
        x, y, _ = (start + along[:, None] * direction).T
        along = (bed.height_mm(x, y) - start[2]) / direction[:, 2]
    found: Float = start + along[:, None] * direction
    return found


def contour_findings(found: Sequence[Followed]) -> Findings:
    """Table, goals and figures."""
    errors = [error for one in found for error in one.errors_mm]
    n_later = sum(one.n_later for one in found)
    kinds = dict.fromkeys((one.situation.bed, one.situation.breathing) for one in found)
    rows = [
        _row(kind, [f for f in found if (f.situation.bed, f.situation.breathing) == kind])
        for kind in kinds
    ]
    labels = ", ".join(dict.fromkeys(LABELS[one.situation.segmenter] for one in found))
    table = TextTable(
        f"A drawn line on its tissue: camera moved {WAY_MM:g} mm and {TURN_DEG:g} deg, "
        f"breathing {BREATH_MM:g} mm (simulated; {labels})",
        ("bed", "what breathes", "drawn", "frames", "line shown", "p50 / p95 / max mm", "max px"),
        rows,
        "each frame's largest distance of a point of the line from the tissue that it was drawn "
        "on, sliding along the line included; each frame on its own, not smoothed",
    )
    goals = (
        Goal("largest distance from its tissue, mm", max(errors, default=None), LIMIT_MM),
        Goal("its 95th percentile over frames, mm", _percentile(errors, 95.0), LIMIT_MM),
        Goal("share of frames that show the line", share(len(errors), n_later), MIN_SHOWN, False),
        Goal("share of drawings that were taken", _share_placed(found), 1.0, False),
    )
    return Findings(
        (table,),
        goals,
        {
            "visits": [
                {
                    "bed": one.situation.bed,
                    "breathing": one.situation.breathing,
                    "segmenter": one.situation.segmenter,
                    "seed": one.situation.seed,
                    "is_placed": one.is_placed,
                    "n_later": one.n_later,
                    "errors_mm": [round(error, 4) for error in one.errors_mm],
                    "picture_px": [round(error, 3) for error in one.picture_px],
                }
                for one in found
            ]
        },
    )


def _row(kind: tuple[str, str], found: Sequence[Followed]) -> tuple[str, ...]:
    errors = [error for one in found for error in one.errors_mm]
    n_later = sum(one.n_later for one in found)
    return (
        *kind,
        f"{sum(one.is_placed for one in found)} of {len(found)}",
        str(n_later),
        shown(share(len(errors), n_later), 1, 100.0, " %"),
        percentiles(errors, (50, 95, 100), 2),
        shown(max((px for one in found for px in one.picture_px), default=None), 1),
    )


def _share_placed(found: Sequence[Followed]) -> float | None:
    return share(sum(one.is_placed for one in found), len(found))


def _percentile(values: Sequence[float], which: float) -> float | None:
    return float(np.percentile(values, which)) if len(values) else None


def _largest(differences: Float) -> float:
    return float(np.linalg.norm(differences, axis=1).max())
