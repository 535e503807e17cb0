"""What a QA report says, as plain values for its page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from calibration.figure_text import figure_text, sigma_text
from calibration.qa.grade import ASSUMED, CheckResult
from calibration.qa.outcome import Outcome
from calibration.qa.protocol import Protocol
from calibration.qa.run_record import RunRecord
from calibration.qa.standing import QaState, Standing
from calibration.qa_report.chart_image import chart_svg

YES_OR_NO = ("_matches", "_reported")  # figures of these names are 1 or 0
CAPTIONS = {
    "targets": "Targets over the last frame: reference (yellow) and this run (green).",
    "deviation": "Depth of the base less its reference: blue nearer, red farther, full colour at "
    "2 mm; grey: not compared. Dashed: its outline, also where the picture ends.",
}
N_HISTORY = 5  # rows: what fits below the checks of a day
ASSUMED_WORD = "Assumed"  # in the place of an outcome: nobody measured it
CAVEATS = {
    QaState.CHANGED: "Not proven in full",
    QaState.EXPIRED: "Not proven: expired",
    QaState.LOCKED: "Not proven: locked",
}
CHARTED = (
    *("phantom_shift", "phantom_turn", "plane_bias", "ssd_shift"),
    *("drift", "fill_rate", "plane_fit_rms", "temporal_noise"),
)


@dataclass(frozen=True)
class CheckLine:
    """One row of the table of checks."""

    title: str
    figure: str
    limits: str
    outcome: str
    message: str


@dataclass(frozen=True)
class ReportContent:
    """Everything on the pages. `charts` are SVG, `pictures` (data URI, caption).

    `caveat`: what an accepted outcome does not prove, "" where it proves the rig.
    """

    title: str
    outcome: str
    caveat: str
    run_id: int
    origin: str
    facts: tuple[tuple[str, str], ...]
    standing: str
    standing_is_valid: bool
    checks: tuple[CheckLine, ...]
    pictures: tuple[tuple[str, str], ...]
    charts: tuple[str, ...]
    n_charted: int
    history: tuple[tuple[str, ...], ...]
    versions: tuple[tuple[str, str], ...]
    summary: str


def content_of(
    record: RunRecord, runs: Sequence[RunRecord], protocol: Protocol, standing: Standing
) -> ReportContent:
    """Collect one run's report.

    Parameters
    ----------
    record : RunRecord
        With its pictures.
    runs : sequence of RunRecord
        The camera's history of the same origin; those after `record` are left out.
    protocol : Protocol
        Where the charted limits come from.
    """
    result = record.result
    before = [
        run
        for run in runs
        if run.id <= record.id and run.start.setup.camera_serial == record.start.setup.camera_serial
    ]
    return ReportContent(
        title=protocol.title,
        outcome=str(result.outcome) if result else "Not finished",
        caveat=_caveat(record, standing),
        run_id=record.id,
        origin=record.start.origin,
        facts=_facts(record),
        standing=_standing_line(standing),
        standing_is_valid=standing.valid_until_ns > 0,
        checks=tuple(
            CheckLine(
                c.title,
                _figure(record, c),
                _limits(c),
                ASSUMED_WORD if c.message == ASSUMED else str(c.outcome),
                "" if c.message == ASSUMED else c.message,
            )
            for c in (result.checks if result else ())
        ),
        pictures=tuple(
            (f"data:image/png;base64,{b64encode(p.png).decode()}", CAPTIONS.get(p.name, p.name))
            for p in (result.pictures if result else ())
        ),
        charts=tuple(_charts(before, protocol)),
        n_charted=sum(run.result is not None for run in before),
        history=tuple(history_row(run) for run in reversed(before[-N_HISTORY:])),
        versions=result.versions if result else (),
        summary=_summary(result.checks if result else ()),
    )


def history_row(run: RunRecord) -> tuple[str, ...]:
    """Number, when, protocol, outcome, operator, and what did not pass."""
    checks = run.result.checks if run.result else ()
    bad = [c.title for c in checks if c.outcome not in (Outcome.PASS, Outcome.NOTE)]
    return (
        str(run.id),
        when(run.start.measured_ns),
        str(run.start.protocol),
        str(run.outcome or "not finished"),
        run.start.operator or "-",
        "; ".join(bad) or "-",
    )


def when(ns: int) -> str:
    """A moment for people, UTC."""
    return f"{datetime.fromtimestamp(ns // 10**9, UTC):%Y-%m-%d %H:%M} UTC"


def _facts(record: RunRecord) -> tuple[tuple[str, str], ...]:
    start, setup = record.start, record.start.setup
    return (
        ("Measured", when(start.measured_ns)),
        ("Operator", start.operator or "not named"),
        ("Camera serial", setup.camera_serial),
        ("Rig calibration", setup.rig),
        ("Reference", setup.baseline or "none"),
        ("Protocol", start.protocol_id),
        ("Source", f"{start.source} ({start.origin})"),
        ("Model", setup.model),
    )


def _caveat(record: RunRecord, standing: Standing) -> str:
    """What stands beside an accepted outcome that does not prove the rig."""
    if not record.is_accepted or standing.state is QaState.VALID:
        return ""
    return CAVEATS.get(standing.state, "Not proven")


def _summary(checks: Sequence[CheckResult]) -> str:
    """How many checks came out how, as `18 checks: 16 Pass, 2 Failure (...)`, with a full stop."""
    words = []
    assumed = [c.title for c in checks if c.message == ASSUMED]
    for outcome in Outcome:
        titles = [c.title for c in checks if c.outcome is outcome and c.message != ASSUMED]
        if titles:
            bad = f" ({'; '.join(titles)})" if outcome is not Outcome.PASS else ""
            words.append(f"{len(titles)} {outcome}{bad}")
    if assumed:
        words.append(f"{len(assumed)} assumed, not measured ({'; '.join(assumed)})")
    return f"{len(checks)} checks: {', '.join(words)}." if words else "No check was judged."


def _standing_line(standing: Standing) -> str:
    if standing.valid_until_ns:
        return f"{standing.sentence} Valid until {when(standing.valid_until_ns)}."
    return standing.sentence


def _limits(check: CheckResult) -> str:
    return "yes" if check.metric.endswith(YES_OR_NO) else check.limits


def _figure(record: RunRecord, check: CheckResult) -> str:
    metric, unit = check.metric, check.unit
    found = [m for m in (record.result.metrics if record.result else ()) if m.name == metric]
    if not found:
        return "not measured"
    value, sigma = found[0].value, found[0].sigma
    if metric.endswith(YES_OR_NO):
        return "yes" if value == 1.0 else "no"
    text = figure_text(value, unit, sigma)
    if not check.outcome.is_accepted and not text.strip("0."):
        text = f"{value:.2g}"  # what failed is not nought
    if unit == "d":
        text = f"{value:.1f}"
    spread = f" ± {spread}" if (spread := sigma_text(sigma)) else ""
    return f"{text}{spread} {unit}".rstrip()


def _charts(runs: Sequence[RunRecord], protocol: Protocol) -> list[str]:
    by_metric = {check.metric: check for check in protocol.checks}
    charts = []
    for name in CHARTED:
        if name not in by_metric:
            continue
        points = [
            (f"{datetime.fromtimestamp(run.start.measured_ns // 10**9, UTC):%d %b}", m.value)
            for run in runs
            if run.result is not None
            for m in run.result.metrics
            if m.name == name
        ]
        if points:
            labels, values = zip(*points, strict=True)
            charts.append(chart_svg(by_metric[name], labels, values))
    return charts
