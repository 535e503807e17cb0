"""All figures that are handed to a QA run: of commands' files and entered by a person.

Decides before the run begins; nothing is stored of a run that is refused here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path

from calibration.qa.figure_sources import BY_COMMAND, NOMINAL_OF, command_of, missing_nominals
from calibration.qa.protocol import Check, Protocol
from calibration.qa_metric import Metric
from calibration.worst_figure import worst
from pipeline.qa.metrics_file import FigureFile, RunFacts, read_metrics
from tracking.errors import CalibrationError, ConfigurationError, UsageError

MAX_STEM = 60  # letters of a file's name before its figures' names


def handed_figures(
    paths: Sequence[Path],
    entered: Sequence[str],
    protocol: Protocol,
    facts: RunFacts,
    operator: str,
) -> tuple[Metric, ...]:
    """Read files and entries; of several figures for one check the worst counts.

    Figures that no check asks for are kept under their file's name.

    Parameters
    ----------
    entered : sequence of str
        `NAME=VALUE`, of the protocol's manual checks alone.

    Raises
    ------
    UsageError
        An entry that is none, or figures by hand without an operator.
    ConfigurationError
        A file that is none, or that holds by hand what the software measures.
    CalibrationError
        As `read_metrics`, or nominal values are missing, or figures are too old.
    """
    files = [read_metrics(path, facts) for path in paths]
    by_hand = [_entry(text, protocol) for text in entered]
    of_checks: list[Metric] = []
    for check in protocol.checks:
        own = [metric for metric in by_hand if metric.name == check.metric]
        for file in files:
            found = [metric for metric in file.metrics if metric.name == check.metric]
            _refuse_wrong_hand(check, file, found)
            own += found
        if own and not check.is_manual:
            holders = [file for file in files if any(m.name == check.metric for m in file.metrics)]
            _refuse_partial(check, holders)
            if facts.origin == "live":
                _refuse_old(check, holders, facts)
        of_checks += _worst(check, own)
    if not operator and any(metric.name in _manual(protocol) for metric in of_checks):
        raise UsageError(
            "Figures that are entered by hand need a name to stand for them.",
            remedy="Add --operator ID.",
        )
    return (*of_checks, *_others(files, {check.metric for check in protocol.checks}))


def _manual(protocol: Protocol) -> set[str]:
    return {check.metric for check in protocol.manual_checks}


def _entry(text: str, protocol: Protocol) -> Metric:
    name, _, written = text.partition("=")
    check = next((c for c in protocol.manual_checks if c.metric == name.strip()), None)
    if check is None:
        raise UsageError(
            f"--entered: {name} is not entered by hand in this protocol.",
            expected=", ".join(sorted(_manual(protocol))) or "nothing",
            actual=text,
        )
    try:
        value = float(written)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise UsageError("--entered takes NAME=NUMBER.", expected=f"{name}=0.5", actual=text)
    return Metric(check.metric, value, check.unit)


def _worst(check: Check, found: Sequence[Metric]) -> tuple[Metric, ...]:
    """The figure of a check that is farthest on the bad side; those in other units stay first."""
    foreign = [metric for metric in found if metric.unit != check.unit]
    if foreign:
        return (foreign[0],)
    if check.limits.kind == "deviation":
        about = [Metric(m.name, m.value - check.limits.target, m.unit, m.sigma) for m in found]
        kept = worst(check.metric, about)
        return tuple(Metric(m.name, m.value + check.limits.target, m.unit, m.sigma) for m in kept)
    choose = max if check.limits.kind == "maximum" else min
    return (choose(found, key=lambda metric: metric.value),) if found else ()


def _refuse_wrong_hand(check: Check, file: FigureFile, found: Sequence[Metric]) -> None:
    """A figure comes from who measures it: a command's from its file, a manual one by hand."""
    if not found or (check.is_manual and file.command is None):
        return
    command = command_of(check.metric)
    if file.command is not None and check.metric in BY_COMMAND[file.command]:
        return
    if command is not None:
        expected = f"the file of `qa {command} --json`, with its camera, software and seal"
    else:
        expected = (
            "a figure by hand (--entered)" if check.is_manual else "the run's own measurement"
        )
    raise ConfigurationError(
        f"{file.path}: {check.metric} is not measured that way.",
        expected=expected,
        actual="a figure by hand" if file.command is None else f"`qa {file.command}`",
        remedy="Hand over the command's own file, or take the figure out.",
    )


def _refuse_partial(check: Check, files: Sequence[FigureFile]) -> None:
    kind = NOMINAL_OF.get(check.metric, "")
    found = {x for file in files for name, xs in file.nominals if name == kind for x in xs}
    given = tuple(sorted(found))
    missing = missing_nominals(check.metric, check.nominals, given)
    if missing:
        raise CalibrationError(
            f"{check.title}: not everything was measured that the protocol asks for.",
            expected=f"{kind} {', '.join(f'{x:g}' for x in check.nominals)}",
            actual=", ".join(f"{x:g}" for x in given) or "none",
            remedy="Measure the rest, and hand over every file: --metrics A --metrics B.",
        )


def _refuse_old(check: Check, files: Iterable[FigureFile], facts: RunFacts) -> None:
    for file in files:
        if file.measured_at is None:
            continue
        age = facts.measured_at - file.measured_at
        if abs(age) > check.max_age:
            raise CalibrationError(
                f"{file.path}: {check.metric} was not measured with this run.",
                expected=f"within {check.max_age.total_seconds() / 3600:g} h of it",
                actual=f"{abs(age).total_seconds() / 3600:.1f} h "
                + ("before" if age.total_seconds() > 0 else "after"),
                remedy="Measure it again.",
            )


def _others(files: Sequence[FigureFile], judged: set[str]) -> tuple[Metric, ...]:
    """Figures that no check asks for, each under its file's name."""
    found: list[Metric] = []
    stems: set[str] = set()
    for file in files:
        stem, number = file.path.stem[:MAX_STEM], 2
        while stem in stems:
            stem, number = f"{file.path.stem[:MAX_STEM]}_{number}", number + 1
        stems.add(stem)
        found += [
            Metric(f"{stem}/{m.name}", m.value, m.unit, m.sigma)
            for m in file.metrics
            if m.name not in judged
        ]
    return tuple(found)
