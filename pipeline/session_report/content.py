"""What the report's pages say, as plain text for their template."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.overlay.banner import VERDICT_WORDS
from pipeline.session_report.facts import (
    NO_LEASE,
    ApplicatorFacts,
    BeamSpan,
    Deviation,
    Figure,
    Moment,
    PlanFacts,
    SessionFacts,
    VerdictSpan,
)
from pipeline.session_report.facts_file import Picture, facts_sha256
from pipeline.session_report.strip import strip_svg
from pipeline.session_report.times import since_start, stamp_words
from tracking.decision import Verdict
from tracking.reasons import TEXTS, Reason

MAX_SPAN_ROWS = 16  # of the time line's table: the last ones, the rest is counted
ORIGIN_SENTENCES = {
    "simulated": "SIMULATION: no patient, no camera. This record proves nothing about a treatment.",
    "foreign": "FOREIGN RECORDING: made by other software. "
    "This record proves nothing about a treatment.",
}
CLEAN = "No deviation under the beam: every frame was GEOMETRY READY."
CLEAN_AS_FAR = "No deviation in the frames that were decided under the beam."
UNENDED = "nobody said that it ended, and nothing was watched after it"
NO_LEASE_SENTENCE = "The supervisor held no lease: the display did not say GEOMETRY READY."
MOMENT_WORDS = {
    Moment.BEAM_ON: "at beam on",
    Moment.LAST_READY: "in the last frame that was GEOMETRY READY",
    Moment.LAST: "in the last frame (none was GEOMETRY READY)",
}


@dataclass(frozen=True)
class FigureLine:
    """A row of the table of quantities. `state`: "inside", "outside", "" or "missing"."""

    label: str
    measured: str
    allowed: str
    state: str


@dataclass(frozen=True)
class SpanLine:
    """A row of a table of verdicts."""

    begin: str
    length: str
    verdict: str
    word: str
    reasons: str


@dataclass(frozen=True)
class EarlierBeam:
    """What was measured when a beam before the reported one came on."""

    title: str
    plan: str
    verdict: str
    word: str
    reasons: tuple[str, ...]
    limited: tuple[FigureLine, ...]
    others: tuple[FigureLine, ...]


@dataclass(frozen=True)
class Content:
    """Everything on the pages; `strip` is SVG, `pictures` (data URI, caption).

    `clean` says that nothing deviated under the beam; "" where something did.
    """

    facts: SessionFacts
    warning: str
    headline: tuple[tuple[str, str], ...]
    reported: str
    verdict_word: str
    reasons: tuple[str, ...]
    limited: tuple[FigureLine, ...]
    others: tuple[FigureLine, ...]
    earlier: tuple[EarlierBeam, ...]
    missing: tuple[tuple[str, str], ...]
    pictures: tuple[tuple[str, str], ...]
    strip: str
    spans: tuple[SpanLine, ...]
    n_earlier_spans: int
    beam: tuple[str, ...]
    deviations: tuple[SpanLine, ...]
    clean: str
    confirmations: tuple[tuple[str, str, str], ...]
    events: tuple[tuple[str, str, str], ...]
    states: tuple[tuple[str, str, str], ...]
    identities: tuple[tuple[str, str], ...]


def content_of(facts: SessionFacts, pictures: Sequence[Picture]) -> Content:
    """Put the facts into words."""
    frame = facts.frame
    figures = frame.figures
    return Content(
        facts=facts,
        warning=ORIGIN_SENTENCES.get(facts.origin, ""),
        headline=_headline(facts),
        reported=f"{_moment(facts)}: frame {frame.frame_index}, "
        f"{stamp_words(frame.stamp_ns, facts)}",
        verdict_word=_word(frame.verdict),
        reasons=tuple(_reason(reason) for reason in frame.reasons),
        limited=_limited(figures),
        others=_others(figures),
        earlier=_earlier(facts),
        missing=tuple((f.label, f.why) for f in figures if f.value is None),
        pictures=tuple(
            (f"data:image/png;base64,{b64encode(p.png).decode()}", p.caption) for p in pictures
        ),
        strip=strip_svg(facts),
        spans=tuple(_span(span, facts) for span in facts.verdicts[-MAX_SPAN_ROWS:]),
        n_earlier_spans=max(0, len(facts.verdicts) - MAX_SPAN_ROWS),
        beam=_beam(facts),
        deviations=tuple(_deviation(span, facts) for span in facts.deviations),
        clean=_clean(facts),
        confirmations=tuple(
            (stamp_words(c.stamp_ns, facts), c.person or "nobody", c.what)
            for c in facts.confirmations
        ),
        events=tuple(
            (
                "-" if e.stamp_ns is None else stamp_words(e.stamp_ns, facts),
                e.person or "-",
                e.text,
            )
            for e in facts.events
        ),
        states=tuple((s.name, _holds(s.holds), s.sentence) for s in facts.states),
        identities=_identities(facts),
    )


def _headline(facts: SessionFacts) -> tuple[tuple[str, str], ...]:
    plan, cone = facts.plan, facts.applicator
    beam = [f"{plan.energy_mev:g} MeV"] if plan.energy_mev is not None else []
    beam += [f"SSD {plan.ssd_mm:g} mm"] if plan.ssd_mm is not None else []
    return (
        ("Patient", plan.patient_id),
        ("Plan", _plan(plan)),
        ("Plan's content", plan.content_id),
        ("Machine", plan.machine),
        ("Planned beam", ", ".join(beam) or "not in the plan"),
        ("Applicator planned", cone.planned),
        ("Applicator identified", _identified(cone)),
        ("Recorded", facts.recorded_at or "the source has no clock"),
        ("Length", f"{facts.n_frames} frames, {facts.seconds:.1f} s"),
        ("Source", facts.source),
    )


def _plan(plan: PlanFacts) -> str:
    revision = "" if plan.revision is None else f", revision {plan.revision}"
    approved = "approved" if plan.approved else "NOT APPROVED"
    by = f" by {plan.approved_by}" if plan.approved_by else ""
    return f"{plan.plan_id}{revision} ({approved}{by})"


def _moment(facts: SessionFacts) -> str:
    """Which frame is reported first; of several beams, which one."""
    words = MOMENT_WORDS[facts.frame.moment]
    n_beams = len(facts.beam)
    if facts.frame.moment is Moment.BEAM_ON and n_beams > 1:
        return f"at the last beam on ({n_beams} of {n_beams})"
    return words


def _earlier(facts: SessionFacts) -> tuple[EarlierBeam, ...]:
    """Every beam on before the reported one, in order."""
    return tuple(
        EarlierBeam(
            title=f"at beam on {number} of {len(facts.beam)}: frame {at.frame.frame_index}, "
            f"{stamp_words(at.frame.stamp_ns, facts)}",
            plan=f"Plan {_plan(at.plan)}, content {at.plan.content_id}. Applicator planned: "
            f"{at.applicator.planned}; identified: {_identified(at.applicator)}.",
            verdict=at.frame.verdict,
            word=_word(at.frame.verdict),
            reasons=tuple(_reason(reason) for reason in at.frame.reasons),
            limited=_limited(at.frame.figures),
            others=_others(at.frame.figures),
        )
        for number, beam in enumerate(facts.beam, start=1)
        if (at := beam.at_on) is not None and at.frame != facts.frame
    )


def _word(verdict: str) -> str:
    return VERDICT_WORDS[Verdict(verdict)]


def _limited(figures: Sequence[Figure]) -> tuple[FigureLine, ...]:
    return tuple(_figure(figure) for figure in figures if figure.is_limited)


def _others(figures: Sequence[Figure]) -> tuple[FigureLine, ...]:
    """What was measured and has no limit."""
    return tuple(_figure(f) for f in figures if not f.is_limited and f.value is not None)


def _identified(cone: ApplicatorFacts) -> str:
    sizes = [f"{cone.diameter_mm:.1f} mm"] if cone.diameter_mm is not None else []
    sizes += [f"{cone.bevel_deg:.1f} deg"] if cone.bevel_deg is not None else []
    measured = f" (measured {', '.join(sizes)})" if sizes else ""
    if not cone.seen:
        return f"not decided by the image{measured}"
    differs = "" if cone.seen == cone.planned else ": NOT THE PLANNED ONE"
    return f"{cone.seen}{measured}{differs}"


def _figure(figure: Figure) -> FigureLine:
    inside = figure.is_inside
    state = "" if not figure.is_limited else "missing" if inside is None else ""
    if inside is not None:
        state = "inside" if inside else "outside"
    return FigureLine(figure.label, _measured(figure), _allowed(figure), state)


def _measured(figure: Figure) -> str:
    if figure.value is None or figure.sigma is None:
        return "not measured"
    if figure.name == "coverage_fraction":
        return f"{100 * figure.value:.1f} ± {100 * figure.sigma:.1f} %"
    return f"{figure.value:.2f} ± {figure.sigma:.2f} {figure.unit}".rstrip()


def _allowed(figure: Figure) -> str:
    scale, unit = (100, "%") if figure.name == "coverage_fraction" else (1, figure.unit)
    lower, upper = figure.lower, figure.upper
    if lower is None and upper is None:
        return ""
    if lower is None or upper is None:
        sign, value = ("≤", upper) if lower is None else ("≥", lower)
        return f"{sign} {scale * (value or 0.0):g} {unit}"
    return f"{scale * lower:g} to {scale * upper:g} {unit}"


def _span(span: VerdictSpan, facts: SessionFacts) -> SpanLine:
    return SpanLine(
        begin=f"{since_start(span.from_ns, facts):.2f} s, frame {span.first_frame}",
        length=f"{span.n_frames} frame{'' if span.n_frames == 1 else 's'}",
        verdict=span.verdict,
        word=_word(span.verdict),
        reasons=" ".join(_reason(reason) for reason in span.reasons[:2])
        + (f" (and {len(span.reasons) - 2} more)" if len(span.reasons) > 2 else ""),
    )


def _deviation(span: Deviation, facts: SessionFacts) -> SpanLine:
    """A span with the worst value of each quantity that was outside."""
    line = _span(span, facts)
    worst = "; ".join(f"{f.label} {_measured(f)} (allowed {_allowed(f)})" for f in span.worst)
    return replace(line, reasons=f"{line.reasons} Worst: {worst}." if worst else line.reasons)


def _reason(code: str) -> str:
    """The sentence of a reason; a code that this version does not know stays a code."""
    if code == NO_LEASE:
        return NO_LEASE_SENTENCE
    try:
        return TEXTS[Reason(code)].sentence
    except ValueError:
        return code


def _clean(facts: SessionFacts) -> str:
    """Of a beam that nobody ended only what was seen of it is told."""
    if facts.deviations:
        return ""
    is_whole = not facts.damage and not any(beam.is_open for beam in facts.beam)
    return CLEAN if is_whole else CLEAN_AS_FAR


def _beam(facts: SessionFacts) -> tuple[str, ...]:
    lines = []
    for beam in facts.beam:
        seconds = (beam.to_ns - beam.from_ns) / 1e9
        end = f"; {UNENDED}" if beam.is_open else ""
        who = f" (told by {beam.told_by})" if beam.told_by else ""
        lines.append(
            f"On from {stamp_words(beam.from_ns, facts)}, frame {beam.from_frame}, "
            f"for {seconds:.1f} s{who}{end}.{_by_plan(beam)}"
        )
    return tuple(lines)


def _by_plan(beam: BeamSpan) -> str:
    at = beam.at_on
    if at is None:
        return ""
    return f" By plan {_plan(at.plan)}; {_word(at.frame.verdict)} when it came on."


def _holds(holds: bool | None) -> str:
    if holds is None:
        return "taken as passed"
    return "holds" if holds else "DOES NOT HOLD"


def _identities(facts: SessionFacts) -> tuple[tuple[str, str], ...]:
    ids = facts.ids
    return (
        ("Software", ids.software),
        ("Model", ids.model),
        ("Rig", ids.rig),
        ("Applicator catalogue", ids.catalogue),
        ("Site rules", ids.site or "none given"),
        ("Camera", ids.camera_serial or "no serial number"),
        ("Facts, SHA-256", facts_sha256(facts)),
    )
