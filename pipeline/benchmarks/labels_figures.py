"""What the labels benchmark concludes: rms with the network's labels over rms with true ones.

Only frames count in which both tell a quantity. Those in which one of them is silent are counted
beside it, so that silence on hard frames cannot pass for accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.bootstrap import Interval, interval_of_sums
from pipeline.benchmarks.findings import NOTHING, Findings, Goal, TextTable, rms, shown
from pipeline.benchmarks.labels_iou import iou_table
from pipeline.benchmarks.labels_pairs import AXIS, EXIT, FramePair
from pipeline.benchmarks.labels_verdicts import ready_goals, verdict_counts, verdict_tables
from tracking.alignment import Alignment

RATIO_GOAL = 1.5
NEVER_TRUE = ("coverage_fraction", "intrusion_mm")  # the story marks no area: no truth of these
QUANTITIES = (
    *(name for name, _ in Alignment().measurements() if name not in NEVER_TRUE),
    AXIS,
    EXIT,
)
HEADER = (
    "quantity",
    "frames",
    "silent",
    "rms",
    "ratio",
    "95 %",
    "median size",
    "largest",
    "silent rms",
)


@dataclass(frozen=True)
class RatioRow:
    """Figures of one quantity; those in pairs are of true labels, then of the network's.

    `n`: frames in which both tell it. `n_network_silent`, `n_true_silent`: frames in which that
    one alone does not; `silent_rms` is of true labels where the network is silent. `interval` is
    the ratio's, at 95 %, by resampling whole stories: frames of one story err alike. None:
    there is nothing to compute it from.
    """

    quantity: str
    n: int
    n_network_silent: int
    n_true_silent: int
    rms: tuple[float | None, float | None]
    median: tuple[float | None, float | None]
    largest: tuple[float | None, float | None]
    ratio: float | None
    interval: Interval | None
    silent_rms: float | None


def labels_findings(pairs: Sequence[FramePair], step: int) -> Findings:
    """Tables, goals and data of all pairs; `step` says which of a story's frames were played."""
    with_cone = [pair for pair in pairs if pair.has_cone]
    at_rest = [pair for pair in with_cone if pair.is_at_rest]
    whole = [ratio_row(with_cone, quantity) for quantity in QUANTITIES]
    rest = [ratio_row(at_rest, quantity) for quantity in QUANTITIES]
    n_stories = len({pair.seed for pair in pairs})
    played = f"{n_stories} simulated docking stories, 848x480, every {step}th frame"
    return Findings(
        tables=[
            _ratio_table(f"{played}: {len(with_cone)} frames that show the cone", whole),
            _ratio_table(f"Of these the {len(at_rest)} docked, held and recovered", rest),
            *verdict_tables(pairs),
            iou_table(pairs),
        ],
        goals=[
            *(
                Goal(f"{row.quantity}: rms, network's over true labels", row.ratio, RATIO_GOAL)
                for row in whole
            ),
            *ready_goals(pairs),
        ],
        data={
            "stories": n_stories,
            "step": step,
            "whole_story": [asdict(row) for row in whole],
            "at_rest": [asdict(row) for row in rest],
            "verdicts": verdict_counts(pairs),
            "frames": [asdict(pair) for pair in pairs],
        },
    )


def ratio_row(pairs: Sequence[FramePair], quantity: str) -> RatioRow:
    """Compare one quantity over frames that show the cone."""
    stories = sorted({pair.seed for pair in pairs})
    sums = np.zeros((len(stories), 2))  # of squares
    sizes: list[tuple[float, float]] = []
    silent: list[float] = []
    n_true_silent = 0
    for pair in pairs:
        true = pair.true_labels.errors.get(quantity)
        network = pair.network.errors.get(quantity)
        if true is not None and network is not None:
            sizes.append((abs(true), abs(network)))
            sums[stories.index(pair.seed)] += true**2, network**2
        elif true is not None:
            silent.append(true)
        elif network is not None:
            n_true_silent += 1
    by_labels = tuple(zip(*sizes, strict=True)) if sizes else ((), ())
    true_rms, network_rms = (rms(values) for values in by_labels)
    return RatioRow(
        quantity=quantity,
        n=len(sizes),
        n_network_silent=len(silent),
        n_true_silent=n_true_silent,
        rms=(true_rms, network_rms),
        median=_of_each(np.median, by_labels),
        largest=_of_each(np.max, by_labels),
        ratio=network_rms / true_rms if true_rms and network_rms is not None else None,
        interval=interval_of_sums(sums, _ratio_of_sums) if true_rms else None,
        silent_rms=rms(silent),
    )


def _of_each(
    figure: Callable[[Sequence[float]], float], by_labels: Sequence[Sequence[float]]
) -> tuple[float | None, float | None]:
    true, network = by_labels
    return (float(figure(true)), float(figure(network))) if true else (None, None)


def _ratio_of_sums(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ratio of rms; NaN for draws of stories in which the quantity is never told."""
    nothing = np.full(len(sums), np.nan)
    ratios: NDArray[np.float64] = np.divide(
        sums[:, 1], sums[:, 0], out=nothing, where=sums[:, 0] > 0
    )
    return np.sqrt(ratios)


def _ratio_table(title: str, rows: Sequence[RatioRow]) -> TextTable:
    return TextTable(
        title,
        HEADER,
        [
            (
                row.quantity,
                str(row.n),
                f"{row.n_network_silent} / {row.n_true_silent}",
                _pair(row.rms),
                shown(row.ratio),
                NOTHING if row.interval is None else " to ".join(map(shown, row.interval)),
                _pair(row.median),
                _pair(row.largest),
                shown(row.silent_rms, 3),
            )
            for row in rows
        ],
        "Pairs: true labels / network's. Frames: both tell the quantity. Silent: only the other "
        "one does; silent rms: of true labels where the network is silent. 95 %: whole stories "
        "resampled.",
    )


def _pair(values: tuple[float | None, float | None]) -> str:
    return " / ".join(shown(value, 3) for value in values)
