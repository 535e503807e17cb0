"""`summary.json`: what one run comes to. Everything that a clock measured stands under `times`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from pipeline.report.history import History
from pipeline.report.spread import Spread, percentiles, spread
from pipeline.report.truth import TruthComparison, compare_with_truth
from pipeline.sinks.sink import RunContext
from tracking.alignment import Alignment
from tracking.decision import Verdict
from tracking.reasons import Reason
from tracking.record import STAGES, RecordIds
from tracking.registration import RegistrationStatus

SCHEMA = 1
NO_IDS = RecordIds("", "", "", "", "")


@dataclass(frozen=True)
class QuantitySummary:
    """Value and sigma of one quantity over the frames that observed it."""

    value: Spread
    sigma: Spread

    def to_json(self) -> dict[str, Any]:
        """For `summary.json`."""
        n = self.value.n
        return {"n": n, "value": self.value.to_json(), "sigma": self.sigma.to_json()}


@dataclass(frozen=True)
class FirstReady:
    """The first READY frame and the time from the first frame to it, by exposure stamps."""

    frame_index: int
    after_ms: float


@dataclass(frozen=True)
class Summary:
    """One run. `damage` says why the source ended early, None where it ended whole."""

    source: str
    origin: str
    plan_id: str
    applicator: str
    n_frames: int
    n_skipped: int
    damage: str | None
    verdicts: dict[str, int]
    reasons: dict[str, int]
    registration: dict[str, int]
    first_ready: FirstReady | None
    assumed: tuple[str, ...]
    notes: tuple[str, ...]
    ids: RecordIds
    quantities: dict[str, QuantitySummary]
    truth: TruthComparison | None
    stage_ms: dict[str, dict[str, float]]

    @property
    def is_truncated(self) -> bool:
        """Whether the source ended before its end."""
        return self.damage is not None

    @property
    def verdict_shares(self) -> dict[str, float]:
        """Share of the frames by verdict."""
        total = max(self.n_frames, 1)
        return {verdict: count / total for verdict, count in self.verdicts.items()}

    def to_json(self) -> dict[str, Any]:
        """The contract of `summary.json`."""
        first = self.first_ready
        return {
            "schema": SCHEMA,
            "source": self.source,
            "origin": self.origin,
            "plan_id": self.plan_id,
            "applicator": self.applicator,
            "frames": self.n_frames,
            "skipped": self.n_skipped,
            "truncated": self.is_truncated,
            "damage": self.damage,
            "verdicts": self.verdicts,
            "verdict_shares": self.verdict_shares,
            "first_ready": None if first is None else vars(first).copy(),
            "reasons": self.reasons,
            "registration": self.registration,
            "assumed": list(self.assumed),
            "notes": list(self.notes),
            "ids": vars(self.ids).copy(),
            "quantities": {name: q.to_json() for name, q in self.quantities.items()},
            "truth": None if self.truth is None else self.truth.to_json(),
            "times": {"stage_ms": self.stage_ms},
        }


def summarise(
    history: History, context: RunContext, damage: str | None = None, n_skipped: int = 0
) -> Summary:
    """Sum up a run; the order of every table is that of its enumeration."""
    rows = history.rows
    verdicts = Counter(row.verdict for row in rows)
    reasons = Counter(reason for row in rows for reason in row.reasons)
    statuses = Counter(row.registration_status for row in rows)
    return Summary(
        context.source_uri,
        context.origin,
        context.plan.plan_id,
        context.applicator.id,
        len(rows),
        n_skipped,
        damage,
        {str(verdict): verdicts[verdict] for verdict in Verdict},
        {str(reason): reasons[str(reason)] for reason in Reason if reasons[str(reason)]},
        {str(status): statuses[str(status)] for status in RegistrationStatus if statuses[status]},
        _first_ready(history),
        context.assumed,
        context.notes,
        history.ids or NO_IDS,
        _quantities(history),
        compare_with_truth(history),
        {
            stage: found
            for stage in STAGES
            if (found := percentiles([row.stage_ms.get(stage, 0.0) for row in rows])) is not None
        },
    )


def _first_ready(history: History) -> FirstReady | None:
    for row in history.rows:
        if row.verdict is Verdict.READY:
            after_ms = (row.stamp_ns - history.rows[0].stamp_ns) / 1e6
            return FirstReady(row.frame_index, after_ms)
    return None


def _quantities(history: History) -> dict[str, QuantitySummary]:
    found = {}
    for name, _ in Alignment().measurements():
        measurements = [getattr(row.alignment, name) for row in history.rows]
        values = spread([m.value for m in measurements if m.value is not None])
        sigmas = spread([m.sigma for m in measurements if m.sigma is not None])
        if values is not None and sigmas is not None:
            found[name] = QuantitySummary(values, sigmas)
    return found
