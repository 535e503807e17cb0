"""Figures that were measured elsewhere (`qa spheres --json` and the like), handed to a run."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from calibration.qa_metric import Metric
from calibration.text_file import read_text_file
from tracking.errors import ConfigurationError


class _MetricRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    value: float
    unit: str
    sigma: float | None = None


class _MetricsFile(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # what else the command printed

    metrics: list[_MetricRow]


def read_metrics(path: Path) -> tuple[Metric, ...]:
    """Read `{"metrics": [{"name", "value", "unit", "sigma"}]}`.

    Raises
    ------
    ConfigurationError
        Missing, no JSON, or not figures.
    """
    text = read_text_file(path, "metrics")
    try:
        rows = _MetricsFile.model_validate_json(text).metrics
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(
            f"{path} holds no figures of a QA check.",
            expected='{"metrics": [{"name": "...", "value": 0.1, "unit": "mm", "sigma": 0.02}]}',
            actual=f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}",
            remedy="Use the file that `qa spheres`, `qa plane` or `qa blocks` wrote with --json.",
        ) from error
    return tuple(Metric(row.name, row.value, row.unit, row.sigma) for row in rows)
