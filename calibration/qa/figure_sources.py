"""Who measures which figure of a protocol: the run itself, a command of this software, or a person.

A protocol cannot turn a figure that the software measures into one that is typed by hand.
"""

from __future__ import annotations

from collections.abc import Mapping

STEPS_UNCONFIRMED = "steps_unconfirmed"
"""Steps that need a person and that nobody confirmed."""

OWN = frozenset(
    {
        *("serial_matches", "calibration_days_left", "frames_used", "frames_repeated"),
        *("depth_unit_change", "grid_matches", "phantom_shift", "phantom_turn", "ssd_shift"),
        *("phantom_scatter", "fill_rate", "view_covered", "plane_bias", "plane_tilt", "drift"),
        *("plane_fit_rms", "temporal_noise", STEPS_UNCONFIRMED),
    }
)
"""Measured by the run from its own frames."""

BY_COMMAND: Mapping[str, frozenset[str]] = {
    "spheres": frozenset({"sphere_probing_size", "sphere_probing_form", "sphere_spacing_error"}),
    "plane": frozenset({"plane_rms", "flatness"}),
    "blocks": frozenset({"angle_block_error", "standoff_block_error"}),
    "phantom": frozenset({"phantom_axis_error", "phantom_exit_error", "phantom_registered"}),
    "drift": frozenset({"warm_up_drift"}),
    "latency": frozenset({"latency_p50", "latency_p95", "latency_p99", "latency_max"}),
    "end-to-end": frozenset({"end_to_end_error", "end_to_end_angle_error"}),
}
"""Figures that `qa COMMAND --json` writes, by command."""

NOMINAL_OF: Mapping[str, str] = {
    "sphere_probing_size": "radius_mm",
    "sphere_probing_form": "radius_mm",
    "sphere_spacing_error": "spacing_mm",
    "angle_block_error": "angle_deg",
    "standoff_block_error": "step_mm",
    "warm_up_drift": "minutes",
}
"""Under which name a figure's file says what it was measured against."""

AT_LEAST = frozenset({"minutes"})  # longer is as good; every other nominal has to be met
SLACK = 0.5  # deg, mm or minutes: a calibrated block differs from its round name


def command_of(metric: str) -> str | None:
    """The command that measures a figure; None: no command does."""
    return next((name for name, figures in BY_COMMAND.items() if metric in figures), None)


def missing_nominals(
    metric: str, wanted: tuple[float, ...], given: tuple[float, ...]
) -> list[float]:
    """Nominal values that a protocol wants and a file does not have."""
    if NOMINAL_OF.get(metric) in AT_LEAST:
        return [w for w in wanted if not any(g >= w - SLACK for g in given)]
    return [w for w in wanted if not any(abs(g - w) <= SLACK for g in given)]
