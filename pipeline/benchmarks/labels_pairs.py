"""One frame, measured with true labels and with the network's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracking.decision import Verdict

Counts = tuple[int, ...]  # of pixels, [true, given] row by row; empty: not compared
AXIS, EXIT = "axis_error_deg", "exit_error_mm"
AT_REST = frozenset({"docked", "held", "recovered"})  # phases in which nothing is on its way


@dataclass(frozen=True)
class Told:
    """What one kind of labels leads to.

    `errors` are measured minus true, by the quantity's name; a quantity that is not observable is
    left out. Those of axis and exit (`AXIS`, `EXIT`) are sizes.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    errors: Mapping[str, float]


@dataclass(frozen=True)
class FramePair:
    """One frame of the story `seed`.

    `has_cone`: the scene holds an applicator. `is_inside`: every quantity that the plan limits is
    truly inside; False where there is none to be inside. `raw_counts`, `corrected_counts`: the
    network's labels against the true ones, as they came and as the tracker corrected them.
    """

    seed: int
    frame_index: int
    phase: str
    has_cone: bool
    is_inside: bool
    true_labels: Told
    network: Told
    raw_counts: Counts = ()
    corrected_counts: Counts = ()

    @property
    def is_at_rest(self) -> bool:
        """Whether head and cone stand where they belong."""
        return self.phase in AT_REST
