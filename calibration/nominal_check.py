"""Whether a measured size can be that of the target that was named, or the name was a slip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from calibration.figure_text import figure_text, sigma_text

LEAST = 0.5  # mm or deg: no target is worse made, and no camera is as far off unnoticed
N_SIGMA = 10.0
FRACTION = 0.01  # of the nominal value


@dataclass(frozen=True)
class AgainstNominal:
    """A measured size beside the one that was named, both in mm or deg."""

    name: str
    measured: float
    nominal: float
    sigma: float
    unit: str

    @property
    def is_doubtful(self) -> bool:
        """Whether they differ by more than any error of the measurement. Fails to: doubtful."""
        limit = max(LEAST, N_SIGMA * self.sigma, FRACTION * abs(self.nominal))
        return not abs(self.measured - self.nominal) <= limit


def nominal_warnings(sizes: Iterable[AgainstNominal]) -> list[str]:
    """Name the sizes that are plainly not the nominal ones."""
    return [
        f"{s.name} is {figure_text(s.measured, s.unit, s.sigma)} {s.unit} (1-sigma "
        f"{sigma_text(s.sigma) or 'unknown'} {s.unit}), the nominal value {s.nominal:g} {s.unit}: "
        "is it the target that is meant?"
        for s in sizes
        if s.is_doubtful
    ]
