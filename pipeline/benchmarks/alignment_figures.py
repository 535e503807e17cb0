"""What the alignment benchmark concludes from its samples: figures, tables and goals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from pipeline.benchmarks.findings import NOTHING, Findings, Goal, TextTable, rms, share, shown

# Two-sided 99 % of a Gaussian. The size of a vector errs by no more than the vector does, and its
# sigma is the largest of all directions: there the bound is on the safe side.
K_99 = 2.576

QUANTITIES = {  # each with its components, where it is the size of a vector
    "docking_tilt_deg": ("tilt_x_deg", "tilt_y_deg"),
    "docking_lateral_mm": ("lateral_x_mm", "lateral_y_mm"),
    "docking_gap_mm": (),
    "incidence_deg": ("incidence_x_deg", "incidence_y_deg"),
    "air_gap_mm": (),
    "air_gap_max_mm": (),
    "ssd_error_mm": (),
}
DOCKING_GOALS_RMS = {"docking_tilt_deg": 0.08, "docking_lateral_mm": 0.3, "docking_gap_mm": 0.3}
FLAT_GOALS_RMS = {"incidence_deg": 0.5, "air_gap_mm": 0.6}
BED_QUANTITIES = ("incidence_deg", "air_gap_mm", "air_gap_max_mm", "ssd_error_mm")
ROUND_BEDS = ("convex", "concave")
INSIDE_99_GOAL = 0.98  # as of the poses' ellipsoids

BED_WORDS = {
    "flat": "flat bed",
    "convex": "convex bed, radius 150 mm",
    "concave": "concave bed, radius 150 mm",
    "tissue": "bed with curvature and bumps, as in the docking story",
}


@dataclass(frozen=True)
class Sample:
    """One quantity in one docked frame; None where it was not observable.

    `normalised` are error over sigma of the components where all are observable, else of the
    quantity itself.
    """

    bed: str
    quantity: str
    with_survey: bool
    error: float | None = None
    sigma: float | None = None
    normalised: tuple[float, ...] = ()


@dataclass(frozen=True)
class AlignmentRow:
    """Figures of one quantity over all docked frames of one bed, without or with survey.

    Those over errors are None where the quantity was never observable. `goal_rms` is None where
    only the stated bounds count.
    """

    bed: str
    quantity: str
    with_survey: bool
    n_frames: int
    n_observed: int
    n_inside_99: int
    rms: float | None
    bias: float | None
    p95: float | None
    sigma_median: float | None
    normalised_rms: float | None
    goal_rms: float | None

    @property
    def observable(self) -> float | None:
        """Share of the docked frames in which the quantity is observed."""
        return share(self.n_observed, self.n_frames)

    @property
    def inside_99(self) -> float | None:
        """Share of the observed frames whose error lies inside the stated 99 % bound."""
        return share(self.n_inside_99, self.n_observed)


def summarise(
    samples: Sequence[Sample], bed: str, quantity: str, with_survey: bool
) -> AlignmentRow:
    """Figures over the samples of one cell."""
    key = (bed, quantity, with_survey)
    cell = [s for s in samples if (s.bed, s.quantity, s.with_survey) == key]
    seen = [(s.error, s.sigma) for s in cell if s.error is not None and s.sigma is not None]
    errors = [error for error, _ in seen]
    goals = DOCKING_GOALS_RMS | (FLAT_GOALS_RMS if bed == "flat" else {})
    return AlignmentRow(
        *key,
        n_frames=len(cell),
        n_observed=len(seen),
        n_inside_99=sum(abs(error) <= K_99 * sigma for error, sigma in seen),
        rms=rms(errors),
        bias=float(np.mean(errors)) if errors else None,
        p95=float(np.quantile(np.abs(errors), 0.95)) if errors else None,
        sigma_median=float(np.median([sigma for _, sigma in seen])) if seen else None,
        normalised_rms=rms([n for s in cell for n in s.normalised]),
        goal_rms=goals.get(quantity),
    )


def alignment_findings(rows: Sequence[AlignmentRow], n_situations: int, sequence: str) -> Findings:
    """Tables by bed, the goals, and the rows as data; `sequence` says what was played."""
    beds = list(dict.fromkeys(row.bed for row in rows))
    return Findings(
        tables=[_table(bed, [r for r in rows if r.bed == bed], sequence) for bed in beds],
        goals=_goals(rows),
        data={"situations_per_bed": n_situations, "rows": [asdict(row) for row in rows]},
    )


def _goals(rows: Sequence[AlignmentRow]) -> list[Goal]:
    """Rms of the worst bed, and the bounds on round beds, without and with survey."""
    goals = []
    for with_survey, words in ((False, "without survey"), (True, "with survey")):
        here = [row for row in rows if row.with_survey == with_survey]
        for quantity, limit in (DOCKING_GOALS_RMS | FLAT_GOALS_RMS).items():
            counted = [r for r in here if r.quantity == quantity and r.goal_rms is not None]
            if counted:
                name = f"{quantity}, {words}: rms" + (
                    " on a flat bed" if quantity in FLAT_GOALS_RMS else ", worst bed"
                )
                goals.append(Goal(name, _worst([r.rms for r in counted]), limit))
        for quantity in BED_QUANTITIES:
            bounded = [r for r in here if r.bed in ROUND_BEDS and r.quantity == quantity]
            if bounded:
                name = f"{quantity}, {words}: share inside its 99 % bound on round beds"
                goals.append(Goal(name, _pooled_inside_99(bounded), INSIDE_99_GOAL, is_most=False))
    return goals


def _worst(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None


def _pooled_inside_99(rows: Sequence[AlignmentRow]) -> float | None:
    """Over all their observed frames: one row alone is too few to tell 98 from 99 %."""
    n_inside = sum(row.n_inside_99 for row in rows)
    return share(n_inside, sum(row.n_observed for row in rows))


def _table(bed: str, rows: Sequence[AlignmentRow], sequence: str) -> TextTable:
    return TextTable(
        f"Simulated dockings, true masks, {BED_WORDS[bed]}",
        (
            "quantity",
            "survey",
            "observable",
            "rms",
            "goal",
            "bias",
            "95 %",
            "sigma",
            "inside 99 %",
            "rms of error / sigma",
        ),
        [
            (
                row.quantity,
                "yes" if row.with_survey else "no",
                shown(row.observable, 0, 100, " %"),
                shown(row.rms, 3),
                NOTHING if row.goal_rms is None else f"{row.goal_rms:g}",
                shown(row.bias, 3),
                shown(row.p95, 3),
                shown(row.sigma_median, 3),
                shown(row.inside_99, 1, 100, " %"),
                shown(row.normalised_rms),
            )
            for row in rows
        ],
        f"{rows[0].n_frames} docked frames; {sequence}. Incidence up to 3 deg, the rim 0 to 2 mm "
        "clear in the mean, bevels of 0, 15 and 30 deg, 40 to 100 mm. The rig is exact and its "
        "sigmas are 0. Sigma: median. Error over sigma: of the components where they are told.",
    )
