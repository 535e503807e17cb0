"""One file of figures for a QA run: written by `qa COMMAND --json`, or by hand.

A command says what its figures were measured with, against and when, and seals the file; a run of
anything else refuses it. A file by hand says neither, and holds only what no command measures.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from calibration.qa.figure_sources import BY_COMMAND
from calibration.qa.run_record import Setup
from calibration.qa_metric import Metric
from calibration.text_file import read_text_file
from pipeline.qa.figure_table import SEAL, seal_of
from recordings.source import Origin
from tracking.errors import CalibrationError, ConfigurationError

MEASURE_AGAIN = "Measure them again with what this run is about."


class _MetricRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    value: float
    unit: str
    sigma: float | None = None


class _WithRow(BaseModel):
    """What the figures were measured with; null where a figure does not depend on it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    camera_serial: str | None
    software: str
    rig: str | None = None
    model: str | None = None


class _MetricsFile(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # what else the command printed

    metrics: list[_MetricRow]
    target: str | None = None
    origin: Origin | None = None
    measured_at: AwareDatetime | None = None
    measured_with: _WithRow | None = None
    nominals: dict[str, list[float]] = {}
    seal: str | None = None


@dataclass(frozen=True)
class RunFacts:
    """Of the run that figures are for; `measured_at`: when its frames were exposed."""

    setup: Setup
    origin: Origin
    measured_at: datetime


@dataclass(frozen=True)
class FigureFile:
    """Figures of one file. `command` None: written by hand; `measured_at` then None too."""

    path: Path
    metrics: tuple[Metric, ...]
    command: str | None = None
    measured_at: datetime | None = None
    nominals: tuple[tuple[str, tuple[float, ...]], ...] = ()


def measured_with(setup: Setup, *, with_model: bool) -> dict[str, str | None]:
    """The table that says what figures were measured with."""
    table = asdict(setup)
    del table["baseline"]
    return {**table, "model": setup.model if with_model else None}


def read_metrics(path: Path, facts: RunFacts) -> FigureFile:
    """Read `{"metrics": [{"name", "value", "unit", "sigma"}], ...}` for a run.

    Raises
    ------
    ConfigurationError
        Missing, no JSON, or not figures.
    CalibrationError
        A command's file that was changed, that does not tell its camera, or whose figures are of
        another camera, rig, software or model, or of frames that prove nothing for this run.
    """
    text = read_text_file(path, "metrics")
    try:
        raw = json.loads(text)
        file = _MetricsFile.model_validate(raw)
        seal = seal_of(raw)
    except (ValidationError, ValueError, TypeError) as error:
        raise _no_figures(path, error) from error
    metrics = tuple(Metric(row.name, row.value, row.unit, row.sigma) for row in file.metrics)
    names = [metric.name for metric in metrics]
    if len(set(names)) < len(names):
        raise _no_figures(path, ValueError("two figures of one name"))
    if file.measured_with is None and file.seal is None:
        return FigureFile(path, metrics)
    if file.seal != seal or file.target not in BY_COMMAND or file.measured_at is None:
        raise CalibrationError(
            f"{path} is not as a command of this software wrote it.",
            expected=f"figures with their {SEAL}, unchanged",
            actual="another content than was sealed" if file.seal else f"no {SEAL}",
            remedy="Write it again: `qa spheres ... --json > FILE`, and so on.",
        )
    _refuse_others(path, file, facts)
    nominals = tuple((name, tuple(values)) for name, values in file.nominals.items())
    return FigureFile(path, metrics, file.target, file.measured_at, nominals)


def _no_figures(path: Path, error: ValidationError | ValueError | TypeError) -> ConfigurationError:
    actual = str(error).splitlines()[0]
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        actual = f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}"
    return ConfigurationError(
        f"{path} holds no figures of a QA check.",
        expected='{"metrics": [{"name": "...", "value": 0.1, "unit": "mm", "sigma": 0.02}]}',
        actual=actual,
        remedy="Use the file that `qa spheres`, `qa drift` and the like wrote with --json.",
    )


def _refuse_others(path: Path, file: _MetricsFile, facts: RunFacts) -> None:
    used = file.measured_with
    if used is None or used.camera_serial is None:
        raise CalibrationError(
            f"{path} does not say with which camera its figures were measured.",
            expected=f"camera {facts.setup.camera_serial}",
            actual="no serial: a cloud file has none",
            remedy="Measure a recording, or name the camera of the cloud: --serial.",
        )
    said = used.model_dump(exclude_none=True)
    pairs = [(name, value, getattr(facts.setup, name)) for name, value in said.items()]
    if file.origin is not None:
        pairs.append(("origin", file.origin, facts.origin))
    for name, actual, expected in pairs:
        if actual != expected:
            raise CalibrationError(
                f"{path}: the figures were measured with another {name.replace('_', ' ')}.",
                expected=expected,
                actual=actual,
                remedy=MEASURE_AGAIN,
            )
