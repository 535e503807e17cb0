"""Judges figures by a protocol's limits. Pure; comparisons are written so that NaN fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import isfinite

from calibration.qa.outcome import Outcome, worst
from calibration.qa.protocol import Check, CheckLimits, Protocol
from calibration.qa_metric import Metric

ASSUMED = "assumed: no person stands at frames that are not a camera's"
K_SIGMA = 3.0  # a figure this many sigma of which exceed the last limit has shown nothing


@dataclass(frozen=True)
class CheckResult:
    """One check's outcome, with the words for people."""

    check_id: str
    title: str
    metric: str
    unit: str
    outcome: Outcome
    value: float | None
    limits: str
    message: str


def grade(
    protocol: Protocol, metrics: Sequence[Metric], assumed: AbstractSet[str] = frozenset()
) -> tuple[CheckResult, ...]:
    """Judge every check of the protocol, in its order.

    Parameters
    ----------
    assumed : set of str
        Figures that are taken as passed, and said so, where they are missing: those of a person
        beside frames that are no camera's and prove nothing anyway.

    Raises
    ------
    ValueError
        Two figures of one name: nobody could say which one counts.
    """
    by_name: dict[str, Metric] = {}
    for metric in metrics:
        if metric.name in by_name:
            raise ValueError(f"two figures are called {metric.name}")
        by_name[metric.name] = metric
    return tuple(_graded(check, by_name, assumed) for check in protocol.checks)


def overall(results: Sequence[CheckResult]) -> Outcome:
    """The run's outcome. Fails to: FAILURE."""
    return worst(result.outcome for result in results)


def judge(limits: CheckLimits, value: float) -> Outcome:
    """Outcome of one value. Fails to: FAILURE (NaN, infinite)."""
    if not isfinite(value) or not _is_within(limits, limits.failure, value):
        return Outcome.FAILURE
    if limits.alert is not None and not _is_within(limits, limits.alert, value):
        return Outcome.ALERT
    if limits.note is not None and not _is_within(limits, limits.note, value):
        return Outcome.NOTE
    return Outcome.PASS


def limits_text(limits: CheckLimits, unit: str) -> str:
    """The limits in words: `within 0.2 / 0.3 / 0.5 mm` (note, alert, failure)."""
    steps = [x for x in (limits.note, limits.alert, limits.failure) if x is not None]
    numbers = " / ".join(f"{x:g}" for x in steps)
    word = {"deviation": "within", "maximum": "at most", "minimum": "at least"}[limits.kind]
    around = f" of {limits.target:g}" if limits.target else ""
    return f"{word} {numbers} {unit}".rstrip() + around


def _is_within(limits: CheckLimits, limit: float, value: float) -> bool:
    if limits.kind == "deviation":
        return abs(value - limits.target) <= limit
    return value <= limit if limits.kind == "maximum" else value >= limit


def _graded(check: Check, by_name: Mapping[str, Metric], assumed: AbstractSet[str]) -> CheckResult:
    metric = by_name.get(check.metric)
    if metric is None and check.metric in assumed:
        return _result(check, Outcome.PASS, None, ASSUMED)
    if metric is None:
        outcome = Outcome.FAILURE if check.is_required else Outcome.NOTE
        return _result(check, outcome, None, "not measured")
    if metric.unit != check.unit:
        words = f"measured in {metric.unit or 'no unit'}, limited in {check.unit or 'no unit'}"
        return _result(check, Outcome.FAILURE, metric.value, words)
    if not isfinite(metric.value):
        return _result(check, Outcome.FAILURE, None, "no finite figure")
    outcome = judge(check.limits, metric.value)
    if outcome.is_accepted and not _is_sharp(check.limits, metric.sigma):
        words = f"too uncertain to say: 1-sigma {metric.sigma:g} {check.unit}"
        return _result(check, Outcome.FAILURE, metric.value, words)
    return _result(check, outcome, metric.value, "" if outcome is Outcome.PASS else check.advice)


def _is_sharp(limits: CheckLimits, sigma: float | None) -> bool:
    """Whether the figure's noise alone stays inside a deviation's last limit."""
    if sigma is None or limits.kind != "deviation":
        return True
    return K_SIGMA * sigma <= limits.failure


def _result(check: Check, outcome: Outcome, value: float | None, message: str) -> CheckResult:
    return CheckResult(
        check.id,
        check.title,
        check.metric,
        check.unit,
        outcome,
        value,
        limits_text(check.limits, check.unit),
        message,
    )
