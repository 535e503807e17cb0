"""A docked phantom of known geometry: measured quantities against the known ones.

The known values come from mechanics (jig, gauge blocks, inclinometer), never from the camera.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from calibration.qa_metric import Metric
from calibration.worst_figure import worst
from tracking.alignment import Alignment
from tracking.errors import CalibrationError
from tracking.strict_toml import StrictFile, StrictTable, parse_toml

MIN_SEEN = 0.9  # of the frames, for every quantity
MM_NAME, DEG_NAME = "end_to_end_error", "end_to_end_angle_error"
# Signed components: the error of a size near 0 is not that of what it is the size of.
QUANTITIES = (
    "tilt_x_deg",
    "tilt_y_deg",
    "lateral_x_mm",
    "lateral_y_mm",
    "docking_gap_mm",
    "incidence_x_deg",
    "incidence_y_deg",
    "air_gap_mm",
)


class _KnownTable(StrictTable):
    """One quantity as written."""

    value: float
    sigma: float = 0.0


class _KnownFile(StrictFile):
    """The file as written."""

    known: dict[str, _KnownTable]


@dataclass(frozen=True)
class Known:
    """What a quantity is, and how well the mechanics tell it (1-sigma)."""

    value: float
    sigma: float


def parse_known(text: str, what: str) -> Mapping[str, Known]:
    """Read `[known.QUANTITY] value, sigma`; every quantity of `QUANTITIES` has to be there.

    Raises
    ------
    ConfigurationError
        Not such a file.
    CalibrationError
        A quantity is missing or unknown, or a sigma is negative.
    """
    tables = parse_toml(text, _KnownFile, what).known
    missing = [name for name in QUANTITIES if name not in tables]
    unknown = [name for name in tables if name not in QUANTITIES]
    negative = [name for name, table in tables.items() if table.sigma < 0]
    if missing or unknown or negative:
        raise CalibrationError(
            f"{what} does not tell the phantom's geometry.",
            expected=f"value and sigma of {', '.join(QUANTITIES)}",
            actual="; ".join(
                f"{word}: {', '.join(names)}"
                for word, names in (
                    ("missing", missing),
                    ("unknown", unknown),
                    ("negative sigma", negative),
                )
                if names
            ),
            remedy="Write what the jig's drawing and your gauges say.",
        )
    return {name: Known(tables[name].value, tables[name].sigma) for name in QUANTITIES}


def judge(alignments: Sequence[Alignment], known: Mapping[str, Known]) -> tuple[Metric, ...]:
    """Error of every quantity's mean, and the largest one in mm and in degrees.

    The sigma of an error holds the scatter between frames and the known value's; not the rig's,
    whose error is what the test is to find.

    Raises
    ------
    CalibrationError
        A quantity was not measured in nearly every frame.
    """
    errors = [_error(name, alignments, known[name]) for name in QUANTITIES]
    return (
        *worst(MM_NAME, [e for e in errors if e.unit == "mm"]),
        *worst(DEG_NAME, [e for e in errors if e.unit == "deg"]),
        *errors,
    )


def _error(name: str, alignments: Sequence[Alignment], known: Known) -> Metric:
    measured = [getattr(alignment, name) for alignment in alignments]
    values = np.array([m.value for m in measured if m.observable])
    if len(values) < max(2.0, MIN_SEEN * len(alignments)):
        raise CalibrationError(
            f"{name} was not measured in enough frames.",
            expected=f"{100 * MIN_SEEN:g} % of {len(alignments)}",
            actual=f"{len(values)}",
            remedy="Let the camera see ring, rim and bed of the phantom; show the bed before the "
            "cone is placed.",
        )
    scatter = float(values.std(ddof=1)) / sqrt(len(values))
    unit = "mm" if name.endswith("_mm") else "deg"
    return Metric(
        f"{name.removesuffix(f'_{unit}')}_error",
        float(values.mean()) - known.value,
        unit,
        hypot(scatter, known.sigma),
    )
