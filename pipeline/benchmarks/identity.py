"""Whether the right cone is recognised: the plan says one, the view shows it or its neighbour.

The catalogue has every diameter and bevel of one machine. A confusion is an identity that is
decided and wrong; where nothing is decided, nothing is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.benchmarks.findings import Findings, Goal, TextTable, share, shown
from pipeline.benchmarks.pose_error import cone_model, rough_start
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from recordings.progress import Report
from recordings.simulation.views import (
    BEVELS_DEG,
    DIAMETERS_MM,
    ViewKind,
    made_up_cone,
    random_view,
)
from tracking.applicator import Applicator
from tracking.cone_models import ConeModels
from tracking.identity import identify, peers_of
from tracking.register import register

START_DEG, START_MM = 1.0, 3.0
RIM_SEEN = 0.5  # share of the rim above which an identity should be decided
UNDECIDED_GOAL = 0.02
KINDS = ("diameter", "bevel")


@dataclass(frozen=True)
class Trial:
    """What the plan says and what the camera sees; `varied` differs, or nothing does."""

    seed: int
    index: int
    varied: str
    planned: Applicator
    shown: Applicator
    has_start: bool


@dataclass(frozen=True)
class TrialResult:
    """Outcome of one trial; `identified` None: not decided."""

    index: int
    varied: str
    planned: str
    shown: str
    identified: str | None
    status: str
    rim_fraction: float
    diameter_error_mm: float | None
    bevel_error_deg: float | None

    @property
    def is_confused(self) -> bool:
        """Decided and wrong."""
        return self.identified is not None and self.identified != self.shown


def identity(
    n_trials: int,
    seed: int,
    report: Report,
    *,
    has_start: bool = True,
    n_processes: int = N_PROCESSES,
) -> Findings:
    """Run `n_trials` of each kind."""
    trials = [
        draw_trial(varied, seed, index + kind * n_trials, has_start=has_start)
        for kind, varied in enumerate(KINDS)
        for index in range(n_trials)
    ]
    return findings(side_by_side(_run, trials, report, n_processes), has_start=has_start)


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Applicator]:
    """All diameters and bevels of one machine."""
    cones = [made_up_cone(d, b) for d in DIAMETERS_MM for b in BEVELS_DEG]
    return {cone.id: cone for cone in cones}


@lru_cache(maxsize=1)
def _models() -> ConeModels:
    return ConeModels(catalogue().values())


def draw_trial(varied: str, seed: int, index: int, *, has_start: bool) -> Trial:
    """Draw a planned cone, and show it, its smaller neighbour or its larger one."""
    rng = np.random.default_rng([seed, 41, index])
    planned = (int(rng.integers(len(DIAMETERS_MM))), int(rng.integers(len(BEVELS_DEG))))
    step = int(rng.integers(-1, 2))
    which = KINDS.index(varied)
    sizes = (len(DIAMETERS_MM), len(BEVELS_DEG))
    if not 0 <= planned[which] + step < sizes[which]:
        step = -step  # at the end of the row there is one neighbour only
    seen = list(planned)
    seen[which] += step
    return Trial(seed, index, varied, _cone(*planned), _cone(*seen), has_start)


def _cone(diameter_index: int, bevel_index: int) -> Applicator:
    return made_up_cone(DIAMETERS_MM[diameter_index], BEVELS_DEG[bevel_index])


def _run(trial: Trial) -> TrialResult:
    view = random_view(ViewKind(), trial.seed, trial.index, trial.shown)
    rng = np.random.default_rng([trial.seed, 43, trial.index])
    start = rough_start(view.camera_from_applicator, START_DEG, START_MM, rng)
    registration = register(
        cone_model(trial.planned),
        view.segmentation,
        view.depth_mm(),
        view.kind.intrinsics,
        view.kind.noise,
        start if trial.has_start else None,
        models=_models(),
    )
    found = identify(registration.dimensions, trial.planned, peers_of(trial.planned, catalogue()))
    dimensions = registration.dimensions
    return TrialResult(
        index=trial.index,
        varied=trial.varied,
        planned=trial.planned.id,
        shown=trial.shown.id,
        identified=found.value if found.decided else None,
        status=registration.status.value,
        rim_fraction=view.rim_fraction,
        diameter_error_mm=(
            dimensions.diameter_mm - trial.shown.inner_diameter_mm if dimensions else None
        ),
        bevel_error_deg=dimensions.bevel_deg - trial.shown.bevel_deg if dimensions else None,
    )


def findings(results: Sequence[TrialResult], *, has_start: bool) -> Findings:
    """Table, goals and data of all trials."""
    rows, goals = [], []
    for varied in KINDS:
        of_kind = [r for r in results if r.varied == varied]
        for label, group in (
            ("as planned", [r for r in of_kind if r.planned == r.shown]),
            (f"another {varied}", [r for r in of_kind if r.planned != r.shown]),
        ):
            rows.append((varied, label, *_figures(group)))
        confused = float(sum(r.is_confused for r in of_kind)) if of_kind else None
        goals.append(Goal(f"{varied}: confusions in {len(of_kind)}", confused, 0.0))
        goals.append(Goal(f"{varied}: undecided, rim seen", _undecided(of_kind), UNDECIDED_GOAL))
    start = f"started {START_DEG:g} deg and {START_MM:g} mm off" if has_start else "no start"
    table = TextTable(
        "Simulated views, 848x480, true masks: the planned cone or its neighbour",
        ("trials", "shown", "n", "confused", "undecided, rim seen", "undecided, all", "why"),
        rows,
        f"Neighbours: 5 mm in diameter, 15 deg in bevel; {start}. Rim seen: at least "
        f"{RIM_SEEN:.0%} of the arc of the exit's edge that the cone itself does not hide. "
        "Why: statuses of undecided trials (OK: the dimensions leave it open).",
    )
    data: dict[str, object] = {"trials": [vars(r) for r in results], "with_start": has_start}
    return Findings(tables=(table,), goals=goals, data=data)


def _figures(group: Sequence[TrialResult]) -> tuple[str, ...]:
    undecided = [r for r in group if r.identified is None]
    statuses = Counter(r.status for r in undecided)
    return (
        str(len(group)),
        str(sum(r.is_confused for r in group)),
        shown(_undecided(group), 1, 100, " %"),
        shown(share(len(undecided), len(group)), 1, 100, " %"),
        ", ".join(f"{status} {n}" for status, n in sorted(statuses.items())),
    )


def _undecided(group: Sequence[TrialResult]) -> float | None:
    seen = [r for r in group if r.rim_fraction >= RIM_SEEN]
    return share(sum(r.identified is None for r in seen), len(seen))
