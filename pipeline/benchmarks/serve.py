"""`bench serve`: exposure to drawn, and what the display costs the tracker, beside friend and foe.

The tracker runs over simulated frames at a camera's pace, in turns without and with the display; so
both meet the same load. Camera and screen are not in step: each turn begins another part of the
screen's period later, so that a page waits for its refresh for every time between none and a whole
one. Then hostile clients come. Exposure to drawn ends when the client's word that it has drawn is
back at the server.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.benchmarks.findings import Findings, Goal, TextTable, percentiles, shown
from pipeline.benchmarks.serve_scene import (
    N_WARM_UP,
    Clients,
    Costs,
    Loop,
    chromium,
    memory_mb,
)
from pipeline.config.display_settings import DisplaySettings
from pipeline.display.serving import DisplayServer, serving
from pipeline.display.start import PAGE
from recordings.progress import Report

N_TURNS = 12  # of each, without and with the display
WHICH = (50, 95, 99)
DRAWN_P50_GOAL_MS, DRAWN_P95_GOAL_MS = 40.0, 80.0
RISE_GOAL = 0.25
EMIT_GOAL_US = 50.0
MEMORY_GOAL_MB = 50.0  # more than before the abuse
START_S = 3.0  # for clients to come and settle
PORT = 47342  # a viewer's address must last; nothing else here uses it


@dataclass(eq=False)
class Run:
    """What was found. `clients`: who looked, and the ages of what they drew."""

    without: Costs = field(default_factory=Costs)
    beside: Costs = field(default_factory=Costs)
    abused: Costs = field(default_factory=Costs)
    clients: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    attacks: dict[str, int] = field(default_factory=dict)
    transfer_ms: float = 0.0
    memory_mb: tuple[float, float] = (0.0, 0.0)
    n_starts: int = 0
    notes: list[str] = field(default_factory=list)


def run_serve_bench(n_frames: int, seed: int, report: Report) -> Findings:
    """Run `n_frames` without the display, with it, and with it under attack."""
    loop = Loop(seed)
    run = Run(transfer_ms=loop.transfer_ms)
    loop.run(N_WARM_UP, None)
    with tempfile.TemporaryDirectory(prefix="serve-") as folder:
        token = Path(folder) / "viewer.token"
        token.write_text(secrets.token_hex(32), encoding="ascii")
        token.chmod(0o600)
        settings = DisplaySettings(port=PORT, viewer_token_file=token)
        publisher = loop.publisher()
        page = _page(Path(folder), run)
        with serving(settings, loop.context, publisher, run.notes.append, page=page) as server:
            server.wait_until_up()
            _measure(run, loop, server, Path(folder), n_frames, report)
            run.n_starts = server.n_starts
    return findings(run)


def _page(folder: Path, run: Run) -> Path:
    if (PAGE / "index.html").is_file():
        return PAGE
    run.notes.append("no page here: nothing is drawn in a browser")
    (folder / "index.html").write_text("<!doctype html><title>bench</title>", encoding="utf-8")
    return folder


def _measure(
    run: Run, loop: Loop, server: DisplayServer, folder: Path, n_frames: int, report: Report
) -> None:
    host = server.place.console_url.split("/")[2]
    viewer = (folder / "viewer.token").read_text(encoding="ascii")
    publisher = server.publisher
    url = server.place.console_url
    turn = max(n_frames // N_TURNS, 1)
    with chromium(url, folder / "profile") as has_browser:
        watching = {
            "console, protocol": Clients("watch", host, "console", server.place.token),
            "viewer, protocol": Clients("watch", host, "viewer", viewer),
        }
        loop.run(round(START_S * 30), publisher)
        for number in range(N_TURNS):
            _add(run.without, loop.run(turn, None))
            _add(run.beside, loop.run(turn, publisher, number / N_TURNS))
            report((number + 1) * 2 * turn, 3 * n_frames)
        found = {name: clients.found() for name, clients in watching.items()}
        for name, each in found.items():
            run.clients.append((name, each.get("stats", {})))
        if has_browser:
            run.clients.append(("console, Chromium", _browser(found["console, protocol"])))
        before_mb = memory_mb(server.process_id)
        attackers = Clients("abuse", host, "viewer", viewer)
        run.abused = loop.run(n_frames, publisher)
        after_mb = memory_mb(server.process_id)
        run.memory_mb = (before_mb, after_mb)
        run.attacks = attackers.found()
        report(3 * n_frames, 3 * n_frames)
    time.sleep(0.1)


def _browser(told: dict[str, Any]) -> dict[str, Any]:
    """Figures of the console that is not the one which was told; empty where there is none."""
    others = [
        {name: value for name, value in each.items() if name != "role"}
        for each in told.get("clients", [])
        if each["role"] == "console"
    ]
    if told.get("stats") in others:
        others.remove(told["stats"])
    return next(iter(others), {})


def _add(costs: Costs, more: Costs) -> None:
    for name in vars(costs):
        getattr(costs, name).extend(getattr(more, name))


def findings(run: Run) -> Findings:
    """Tables, goals and data."""
    before, beside, abused = (_p99(costs) for costs in (run.without, run.beside, run.abused))
    rise = None if not before else beside / before - 1
    goals = [
        Goal(f"{name}: {since} to drawn {key}, ms", _less(figures.get(f"{key}_ms"), less_ms), limit)
        for name, figures in run.clients
        for since, less_ms in (("arrival", run.transfer_ms), ("exposure", 0.0))
        for key, limit in (("p50", DRAWN_P50_GOAL_MS), ("p95", DRAWN_P95_GOAL_MS))
    ]
    goals += [
        Goal("tracker p99 with the display over without: rise", rise, RISE_GOAL),
        Goal(
            "tracker p99 under attack over without: rise",
            None if not before else abused / before - 1,
            RISE_GOAL,
        ),
        Goal("emit p50, us of the loop", _median(run.beside.emit_us), EMIT_GOAL_US),
        Goal("emit p50 under attack, us", _median(run.abused.emit_us), EMIT_GOAL_US),
        Goal("server's memory after the attack, MB more", _grown(run), MEMORY_GOAL_MB),
        Goal("server started again", run.n_starts - 1 if run.n_starts else None, 0.0),
    ]
    return Findings(
        tables=(_clients_table(run), _loop_table(run)),
        goals=goals,
        data={
            "transfer_ms": run.transfer_ms,
            "clients": [{"who": name, **figures} for name, figures in run.clients],
            "attacks": run.attacks,
            "memory_mb": list(run.memory_mb),
            "without": vars(run.without),
            "beside": vars(run.beside),
            "abused": vars(run.abused),
        },
    )


def _clients_table(run: Run) -> TextTable:
    rows = [
        (
            name,
            str(figures.get("n", 0)),
            *(
                " / ".join(shown(_less(figures.get(key), less), 1) for key in ("p50_ms", "p95_ms"))
                for less in (run.transfer_ms, 0.0)
            ),
        )
        for name, figures in run.clients
    ]
    notes = "; ".join(note.strip() for note in run.notes if "http://" not in note)
    return TextTable(
        "To drawn, ms, p50 / p95: the tracker's stages, the display, and the client's word back",
        ("client", "frames", "from arrival", "from exposure"),
        rows,
        "Simulated docked frames, 848x480, 30 a second; that they arrive "
        f"{run.transfer_ms:g} ms after exposure is the simulation's assumption. {notes}".rstrip(),
    )


def _loop_table(run: Run) -> TextTable:
    parts = (
        ("without the display", run.without),
        ("with it", run.beside),
        ("with it, under attack", run.abused),
    )
    rows = [
        (
            name,
            str(len(costs.total_ms)),
            percentiles(costs.total_ms, WHICH, 1),
            percentiles(costs.emit_us, WHICH, 0),
            percentiles(costs.emit_cpu_us, WHICH, 0),
            str(sum(late > 0 for late in costs.late_ms)),
        )
        for name, costs in parts
    ]
    attacks = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in run.attacks.items())
    return TextTable(
        "The loop: tracker's frame in ms, handing over to the display in us, p50 / p95 / p99",
        ("", "frames", "frame ms", "emit us", "emit us, own time", "late"),
        rows,
        f"Attack: {attacks or 'none'}; attackers share these cores at the lowest priority. "
        f"Server's memory before and after: {run.memory_mb[0]:.0f}, {run.memory_mb[1]:.0f} MB. "
        f"Load average at the end: {os.getloadavg()[0]:.1f}.",
    )


def _p99(costs: Costs) -> float:
    return float(np.percentile(costs.total_ms, 99)) if costs.total_ms else 0.0


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None


def _less(value: float | None, less: float) -> float | None:
    return None if value is None else value - less


def _grown(run: Run) -> float | None:
    before_mb, after_mb = run.memory_mb
    return after_mb - before_mb if before_mb else None
