"""What `qa COMMAND --json` writes: figures, what they were measured against and with, and a seal.

The seal shows damage and editing by hand. It holds no secret: it is no signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from calibration.qa_metric import Metric
from pipeline.version import SOFTWARE_ID

SEAL = "seal"


def figure_table(
    command: str,
    source: str,
    metrics: Sequence[Metric],
    *,
    nominals: Mapping[str, Sequence[float]],
    measured_with: Mapping[str, str | None],
    measured_at: datetime,
    origin: str | None,
    details: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """The document that `qa run --metrics` takes.

    Parameters
    ----------
    command : str
        The part after `qa`.
    nominals : mapping
        Nominal values by kind: `angle_deg`, `step_mm`, `radius_mm`, `spacing_mm`, `minutes`.
    measured_with : mapping
        camera_serial, rig, software, model; None where a figure does not depend on it, or where
        nobody told it.
    origin : str or None
        Of the frames; None: a cloud file does not say.
    """
    table: dict[str, object] = {
        **(details or {}),
        "target": command,
        "source": source,
        "origin": origin,
        "measured_at": measured_at.astimezone(UTC).isoformat(timespec="seconds"),
        "measured_with": dict(measured_with),
        "nominals": {name: list(values) for name, values in nominals.items()},
        "metrics": [vars(metric) for metric in metrics],
    }
    return {**table, SEAL: seal_of(table)}


def with_software(**known: str | None) -> dict[str, str | None]:
    """`measured_with` of figures that need no network: this software, and what is known."""
    empty: dict[str, str | None] = {"camera_serial": None, "rig": None, "model": None}
    return {**empty, **known, "software": SOFTWARE_ID}


def seal_of(table: Mapping[str, Any]) -> str:
    """SHA-256 of the document without its seal, independent of its layout."""
    body = {name: value for name, value in table.items() if name != SEAL}
    text = json.dumps(body, sort_keys=True, allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
