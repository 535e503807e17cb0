"""Figures that were measured elsewhere (`qa spheres --json` and the like), handed to a run.

A file may say what its figures were measured with; a run with anything else refuses them.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from calibration.qa.run_record import Setup
from calibration.qa_metric import Metric
from calibration.text_file import read_text_file
from recordings.source import Origin
from tracking.errors import CalibrationError, ConfigurationError


class _MetricRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    value: float
    unit: str
    sigma: float | None = None


class _WithRow(BaseModel):
    """What the figures were measured with; null where a figure does not depend on it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    camera_serial: str
    rig: str
    software: str
    model: str | None = None


class _MetricsFile(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # what else the command printed

    metrics: list[_MetricRow]
    origin: Origin | None = None
    measured_with: _WithRow | None = None


def measured_with(setup: Setup, *, with_model: bool) -> dict[str, str | None]:
    """The table that says what figures were measured with."""
    table = asdict(setup)
    del table["baseline"]
    return {**table, "model": setup.model if with_model else None}


def read_metrics(path: Path, setup: Setup, origin: Origin) -> tuple[Metric, ...]:
    """Read `{"metrics": [{"name", "value", "unit", "sigma"}]}` for a run.

    Parameters
    ----------
    setup, origin
        Of the run that the figures are for.

    Raises
    ------
    ConfigurationError
        Missing, no JSON, or not figures.
    CalibrationError
        The figures are of another camera, rig, software or model, or of frames that prove nothing
        for this run.
    """
    text = read_text_file(path, "metrics")
    try:
        file = _MetricsFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(
            f"{path} holds no figures of a QA check.",
            expected='{"metrics": [{"name": "...", "value": 0.1, "unit": "mm", "sigma": 0.02}]}',
            actual=f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}",
            remedy="Use the file that `qa spheres`, `qa drift` and the like wrote with --json.",
        ) from error
    _refuse_others(path, file, setup, origin)
    return tuple(Metric(row.name, row.value, row.unit, row.sigma) for row in file.metrics)


def _refuse_others(path: Path, file: _MetricsFile, setup: Setup, origin: Origin) -> None:
    said = {} if file.measured_with is None else file.measured_with.model_dump(exclude_none=True)
    pairs = [(name, value, getattr(setup, name)) for name, value in said.items()]
    if file.origin is not None:
        pairs.append(("origin", file.origin, origin))
    for name, actual, expected in pairs:
        if actual != expected:
            raise CalibrationError(
                f"{path}: the figures were measured with another {name.replace('_', ' ')}.",
                expected=expected,
                actual=actual,
                remedy="Measure them again with what this run is about.",
            )
