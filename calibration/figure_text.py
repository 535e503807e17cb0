"""Figures in words: as many digits as the sigma bears out, and never a negative nought."""

from __future__ import annotations

from math import floor, isfinite, log10

MAX_DECIMALS = 9
USUAL_DECIMALS = 3  # of mm and deg whose sigma nobody knows
DIGITS = 4  # of other figures whose sigma nobody knows


def figure_text(value: float, unit: str, sigma: float | None = None) -> str:
    """The value to one digit beyond the first one of its sigma; without sigma, as `DIGITS` say."""
    decimals = _decimals(sigma)
    if decimals is not None:
        return fixed(value, decimals)
    if unit in ("mm", "deg"):
        return fixed(value, USUAL_DECIMALS)
    return f"{value:.{DIGITS}g}"


def sigma_text(sigma: float | None) -> str | None:
    """A sigma to as many decimals as its value has; None where it says nothing."""
    decimals = _decimals(sigma)
    return None if sigma is None or decimals is None else fixed(sigma, decimals)


def fixed(value: float, decimals: int) -> str:
    """A number with so many decimals; what rounds to nought has no sign."""
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def _decimals(sigma: float | None) -> int | None:
    if sigma is None or not isfinite(sigma) or sigma <= 0:
        return None
    return min(MAX_DECIMALS, max(0, 1 - floor(log10(sigma))))
