"""The height of a control chart's axis, and labels that one can read."""

from __future__ import annotations

from math import floor, log10

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from calibration.figure_text import fixed
from calibration.qa.protocol import CheckLimits

LEAST_SPAN = 0.05  # of the failure limit's distance: what is smaller matters to no limit
N_TICKS = 5
BELOW = 0.05  # of the axis of a size: so that a point at 0 is whole


def limit_sides(limits: CheckLimits, value: float, *, is_size: bool) -> list[float]:
    """Where a limit stands on the axis: both sides of a deviation, unless it is a size."""
    if limits.kind != "deviation":
        return [value]
    return [limits.target + value] if is_size else [limits.target - value, limits.target + value]


def scale_axis(axes: Axes, limits: CheckLimits, *, is_size: bool) -> None:
    """Widen the axis to `LEAST_SPAN`, and label it with as many decimals as its steps have."""
    low, high = axes.get_ylim()
    least = LEAST_SPAN * abs(limits.failure - limits.target)
    short = max(0.0, least - (high - low)) / 2
    low, high = low - short, high + short
    span = high - low
    if is_size and low < -BELOW * span:  # nothing is there
        low, high = -BELOW * span, (1 - BELOW) * span
    locator = MaxNLocator(N_TICKS, steps=[1, 2, 5, 10])
    ticks = locator.tick_values(low, high)
    decimals = max(0, -floor(log10(ticks[1] - ticks[0]) + 1e-9))
    axes.yaxis.set_major_locator(locator)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: fixed(value, decimals)))
    axes.set_ylim(low, high)
