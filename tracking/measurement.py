"""A measured quantity: value, total 1-sigma, and whether it was observed at all."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True)
class Measurement:
    """Value and total 1-sigma in the unit of the quantity's name.

    Not observable: value and sigma are None, never a guess, never NaN.
    """

    value: float | None
    sigma: float | None
    observable: bool

    def __post_init__(self) -> None:
        if not self.observable:
            if self.value is not None or self.sigma is not None:
                raise ValueError("a quantity that is not observable has no value and no sigma")
            return
        if self.value is None or not isfinite(self.value):
            raise ValueError(f"value must be finite, got {self.value}")
        if self.sigma is None or not isfinite(self.sigma) or self.sigma < 0:
            raise ValueError(f"sigma must be finite and not negative, got {self.sigma}")


NOT_OBSERVABLE = Measurement(None, None, False)


def measured(value: float, sigma: float) -> Measurement:
    """An observed quantity, or NOT_OBSERVABLE where either number is not finite."""
    if isfinite(value) and isfinite(sigma) and sigma >= 0:
        return Measurement(float(value), float(sigma), True)
    return NOT_OBSERVABLE
