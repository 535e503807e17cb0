"""What the stored history answers, as plain values for people and machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from calibration.qa.run_record import RunRecord
from calibration.qa.standing import Standing, standing
from calibration.qa_report.content import history_row, when
from calibration.qa_store.store import QaStore
from calibration.rig_file import read_rig
from models.loading import SegmenterKind, load_segmenter
from pipeline.qa.moment import ns_of
from pipeline.qa.places import existing_store, utc_now
from pipeline.qa.running import setup_of
from pipeline.qa.watch import live_standing
from tracking.errors import UsageError


@dataclass(frozen=True)
class StandingNow:
    """Where a rig stands at a moment."""

    standing: Standing
    now_ns: int
    origin: str

    @property
    def is_valid(self) -> bool:
        """Proven, and by a live camera."""
        return self.standing.holds(self.now_ns) and self.origin == "live"

    def table(self) -> dict[str, object]:
        """Named values, in order."""
        found, last = self.standing, self.standing.last
        return {
            "state": str(found.state),
            "ready": self.is_valid,
            "sentence": found.sentence,
            "valid_until": when(found.valid_until_ns) if found.valid_until_ns else "-",
            "failures": found.n_failures,
            "last_run": "-" if last is None else " ".join(history_row(last)[:4]),
            "frames": self.origin,
        }


def standing_now(
    rig_path: Path,
    site_path: Path | None,
    store_option: str | None,
    segmenter: SegmenterKind,
    *,
    simulated: bool,
) -> StandingNow:
    """Judge a rig now, as a live session would. Raises TrackerError."""
    rig = read_rig(rig_path)
    setup = setup_of(rig, load_segmenter(segmenter).model_id, "")
    now_ns = ns_of(utc_now())
    with existing_store(store_option, site_path) as (store, site):
        required = () if site is None else site.qa.required
        if not simulated:
            return StandingNow(live_standing(store, setup, now_ns, required), now_ns, "live")
        runs = store.runs(rig.camera_serial, "simulated")
        return StandingNow(standing(runs, setup, now_ns, required), now_ns, "simulated")


def standing_at(store: QaStore, record: RunRecord) -> Standing:
    """Where the rig of a run stood when that run had been finished."""
    result, setup = record.result, record.start.setup
    at_ns = record.start.started_ns if result is None else result.finished_ns
    runs = store.runs(setup.camera_serial, record.start.origin)
    before = [run for run in runs if run.id <= record.id]
    return standing(before, setup, at_ns)


def run_table(record: RunRecord) -> dict[str, object]:
    """A run for machines."""
    start, result = record.start, record.result
    return {
        "run": record.id,
        "protocol": str(start.protocol),
        "protocol_id": start.protocol_id,
        "outcome": None if result is None else str(result.outcome),
        "measured_at": when(start.measured_ns),
        "origin": start.origin,
        "source": start.source,
        "operator": start.operator,
        "camera_serial": start.setup.camera_serial,
        "rig": start.setup.rig,
        "baseline": start.setup.baseline,
        "software": start.setup.software,
        "model": start.setup.model,
        "metrics": [
            {
                "name": m.name,
                "value": m.value if isfinite(m.value) else None,
                "unit": m.unit,
                "sigma": m.sigma,
            }
            for m in (result.metrics if result else ())
        ],
        "checks": [
            {
                "id": c.check_id,
                "outcome": str(c.outcome),
                "metric": c.metric,
                "value": c.value,
                "limits": c.limits,
                "message": c.message,
            }
            for c in (result.checks if result else ())
        ],
    }


def history_table(runs: Sequence[RunRecord]) -> list[dict[str, object]]:
    """Runs for machines."""
    return [run_table(run) for run in runs]


def require_metric(runs: Sequence[RunRecord], metric: str) -> None:
    """Refuse a figure that no stored run has. Raises UsageError."""
    known = sorted({m.name for run in runs if run.result for m in run.result.metrics})
    if metric not in known:
        raise UsageError(
            f"--metric: no stored run has a figure {metric}.",
            expected=", ".join(known) or "a store with finished runs",
            actual=metric,
        )


def history_rows(
    runs: Sequence[RunRecord], metric: str | None
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for people; with a metric, its figure in every run."""
    if metric is None:
        header = ("run", "measured", "protocol", "outcome", "operator", "alert or failure")
        return header, [history_row(run) for run in runs]
    rows = []
    for run in runs:
        found = [m for m in (run.result.metrics if run.result else ()) if m.name == metric]
        shown = f"{found[0].value:.4g} {found[0].unit}" if found else "-"
        rows.append((*history_row(run)[:4], shown))
    return ("run", "measured", "protocol", "outcome", metric), rows
