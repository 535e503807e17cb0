"""What `bench serve` makes of what it has measured."""

from __future__ import annotations

import json

from pipeline.benchmarks.findings import Findings
from pipeline.benchmarks.serve import Run, _browser, findings
from pipeline.benchmarks.serve_scene import Costs


def made(with_ms: float = 21.0, abused_ms: float = 24.0, emit_us: float = 20.0) -> Run:
    emit = [emit_us] * 100
    return Run(
        without=Costs([20.0] * 100, late_ms=[0.0] * 100),
        beside=Costs([with_ms] * 100, emit, emit, [0.0] * 99 + [1.0]),
        abused=Costs([abused_ms] * 100, emit, emit, [0.0] * 100),
        clients=[("console, protocol", {"n": 90, "p50_ms": 50.0, "p95_ms": 90.0})],
        attacks={"slow": 200, "half_open": 100},
        memory_mb=(100.0, 120.0),
        transfer_ms=20.0,
        n_starts=1,
    )


def missed(found: Findings) -> set[str]:
    return {goal.name for goal in found.goals if not goal.is_met}


def test_a_rise_is_relative_to_the_run_without_the_display() -> None:
    found = findings(made(with_ms=21.0, abused_ms=30.0))
    rises = {goal.name: goal.value for goal in found.goals if "rise" in goal.name}
    assert [round(value or 0, 3) for value in rises.values()] == [0.05, 0.5]
    assert missed(found) >= {"tracker p99 under attack over without: rise"}


def test_ages_are_told_from_arrival_and_from_exposure() -> None:
    found = findings(made())
    by_name = {goal.name: goal.value for goal in found.goals}
    assert by_name["console, protocol: arrival to drawn p50, ms"] == 30.0
    assert by_name["console, protocol: exposure to drawn p95, ms"] == 90.0
    assert "50.0 / 90.0" in str(found.tables[0].rows)
    assert "30.0 / 70.0" in str(found.tables[0].rows)


def test_a_client_that_died_meets_no_goal() -> None:
    run = made()
    run.clients.append(("console, Chromium", {}))
    assert sum("Chromium" in name for name in missed(findings(run))) == 4


def test_everything_is_written_for_machines() -> None:
    data = json.loads(json.dumps(findings(made()).data, allow_nan=False))
    assert data["memory_mb"] == [100.0, 120.0]
    assert len(data["beside"]["total_ms"]) == 100


def test_nothing_measured_meets_nothing() -> None:
    assert len(missed(findings(Run()))) == len(findings(Run()).goals)


def test_the_browser_is_the_console_that_did_not_ask() -> None:
    own = {"n": 3, "p50_ms": 1.0, "p95_ms": 2.0}
    other = {"n": 4, "p50_ms": 5.0, "p95_ms": 6.0}
    viewer = {"role": "viewer", **other}
    clients = [{"role": "console", **own}, viewer, {"role": "console", **other}]
    assert _browser({"stats": own, "clients": clients}) == other
    assert _browser({"stats": own, "clients": clients[:2]}) == {}
