"""Between stored rows and run records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite, nan

from sqlalchemy import RowMapping

from calibration.qa.grade import CheckResult
from calibration.qa.outcome import Outcome
from calibration.qa.protocol import ProtocolName
from calibration.qa.run_record import Picture, RunRecord, RunResult, RunStart, Setup
from calibration.qa_metric import Metric
from calibration.qa_store.seal import seal_of

Row = RowMapping


class DamagedRowError(ValueError):
    """A stored run does not fit its seal, or holds what no run writes."""


def start_row(start: RunStart) -> dict[str, object]:
    """What is written before a run measures."""
    setup = start.setup
    return {
        "protocol": str(start.protocol),
        "protocol_id": start.protocol_id,
        "camera_serial": setup.camera_serial,
        "rig": setup.rig,
        "software": setup.software,
        "model": setup.model,
        "baseline": setup.baseline,
        "origin": start.origin,
        "source": start.source,
        "operator": start.operator,
        "measured_ns": start.measured_ns,
        "started_ns": start.started_ns,
        "valid_ns": start.valid_ns,
    }


def metric_rows(run_id: int, metrics: Sequence[Metric]) -> list[dict[str, object]]:
    """Figures; one that is not finite is stored without a value."""
    return [
        {
            "run_id": run_id,
            "position": i,
            "name": m.name,
            "value": m.value if isfinite(m.value) else None,
            "unit": m.unit,
            "sigma": m.sigma,
        }
        for i, m in enumerate(metrics)
    ]


def check_rows(run_id: int, checks: Sequence[CheckResult]) -> list[dict[str, object]]:
    """Judged checks in their order."""
    return [
        {
            "run_id": run_id,
            "position": i,
            "check_id": c.check_id,
            "title": c.title,
            "metric": c.metric,
            "unit": c.unit,
            "outcome": str(c.outcome),
            "value": c.value,
            "limits": c.limits,
            "message": c.message,
        }
        for i, c in enumerate(checks)
    ]


def metric_of(row: Row) -> Metric:
    """A figure as it was measured."""
    value = nan if row["value"] is None else row["value"]
    return Metric(row["name"], value, row["unit"], row["sigma"])


def check_of(row: Row) -> CheckResult:
    """A check as it was judged."""
    return CheckResult(
        check_id=row["check_id"],
        title=row["title"],
        metric=row["metric"],
        unit=row["unit"],
        outcome=Outcome(row["outcome"]),
        value=row["value"],
        limits=row["limits"],
        message=row["message"],
    )


def record_of(
    row: Row, metrics: Iterable[Row], checks: Iterable[Row], pictures: Iterable[Row]
) -> RunRecord:
    """A whole run, held against its seal.

    A run of the time before there were seals keeps a failure; otherwise it proves nothing, and is
    no aborted one.

    Raises
    ------
    DamagedRowError
        Changed since it was written.
    """
    try:
        start = _start_of(row)
        result = _result_of(row, metrics, checks, pictures)
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedRowError(f"run {row['id']}: {error}") from error
    if result is None:
        return RunRecord(row["id"], start, None)
    if row["seal"] is None:
        is_kept = result.outcome is Outcome.FAILURE
        return RunRecord(row["id"], start, result if is_kept else None, is_unsealed=True)
    if seal_of(start, result) != row["seal"]:
        raise DamagedRowError(f"run {row['id']} does not fit its seal")
    return RunRecord(row["id"], start, result)


def without_pictures(record: RunRecord) -> RunRecord:
    """The same run, light."""
    if record.result is None:
        return record
    return replace(record, result=replace(record.result, pictures=()))


def _start_of(row: Row) -> RunStart:
    if row["origin"] not in ("live", "simulated", "foreign"):
        raise ValueError(f"unknown origin {row['origin']}")
    return RunStart(
        protocol=ProtocolName(row["protocol"]),
        protocol_id=row["protocol_id"],
        setup=Setup(
            row["camera_serial"], row["rig"], row["software"], row["model"], row["baseline"]
        ),
        origin=row["origin"],
        source=row["source"],
        operator=row["operator"],
        measured_ns=int(row["measured_ns"]),
        started_ns=int(row["started_ns"]),
        valid_ns=int(row["valid_ns"]),
    )


def _result_of(
    row: Row, metrics: Iterable[Row], checks: Iterable[Row], pictures: Iterable[Row]
) -> RunResult | None:
    if (row["outcome"] is None) != (row["finished_ns"] is None):
        raise ValueError("half finished")
    if row["outcome"] is None:
        return None
    return RunResult(
        finished_ns=int(row["finished_ns"]),
        outcome=Outcome(row["outcome"]),
        metrics=tuple(metric_of(one) for one in metrics),
        checks=tuple(check_of(one) for one in checks),
        pictures=tuple(Picture(one["name"], bytes(one["png"])) for one in pictures),
        versions=tuple((a, b) for a, b in json.loads(row["versions"] or "[]")),
    )
