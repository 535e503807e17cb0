"""`faults`: runs the campaigns that were asked for, prints them, and says whether any failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.benchmarks.findings import Findings
from pipeline.benchmarks.printing import FindingsPrinter
from recordings.progress import Report

EXIT_FAILED = 1  # a false READY, a wrong first reason, or a guard that is not missed


@dataclass(frozen=True)
class FaultsRequest:
    """What to run; None takes the level's own number of cases."""

    level: str
    seed: int
    n_cases: int | None = None
    json_path: Path | None = None


def run_faults(request: FaultsRequest, report: Report) -> int:
    """Run one level and return the exit code."""
    printer = FindingsPrinter(request.seed)
    found = _LEVELS[request.level](request, report)
    printer.show(found)
    if request.json_path is not None:
        printer.write(f"faults {request.level}", found, request.json_path)
    is_good = not found.is_failed and all(goal.is_met for goal in found.goals)
    return 0 if is_good else EXIT_FAILED


def _kernel(request: FaultsRequest, report: Report) -> Findings:
    from pipeline.faults.kernel_campaign import kernel_campaign

    return kernel_campaign(request.n_cases or 1000, request.seed, report)


def _guards(request: FaultsRequest, report: Report) -> Findings:
    from pipeline.faults.ablation import ablation

    return ablation(request.n_cases or 10, request.seed, report)


def _inputs(request: FaultsRequest, report: Report) -> Findings:
    from pipeline.faults.inputs_campaign import N_CASES, inputs_campaign

    return inputs_campaign(request.n_cases or N_CASES, request.seed, report)


def _images(request: FaultsRequest, report: Report) -> Findings:
    from pipeline.faults.image_campaign import image_campaign

    return image_campaign(request.n_cases or 60, request.seed, report)


def _nominal(request: FaultsRequest, report: Report) -> Findings:
    from pipeline.faults.nominal_campaign import nominal_campaign

    return nominal_campaign(request.n_cases or 20, request.seed, report)


_LEVELS: dict[str, Callable[[FaultsRequest, Report], Findings]] = {
    "kernel": _kernel,
    "guards": _guards,
    "images": _images,
    "inputs": _inputs,
    "nominal": _nominal,
}
