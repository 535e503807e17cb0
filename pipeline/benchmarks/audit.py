"""`bench audit`: what tampering is found, and what an entry costs the loop."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipeline.benchmarks.audit_campaign import SIGNING_STRIDE, Tally, run_campaign
from pipeline.benchmarks.audit_cost import cost_table
from pipeline.benchmarks.audit_reader import NAMES, Reader
from pipeline.benchmarks.audit_scene import CASE, build_scene
from pipeline.benchmarks.findings import Findings, Goal, TextTable
from pipeline.benchmarks.machine import ROOT
from recordings.progress import Report

CAPTION = (
    "Each column has what the one before has. 'File alone' still knows the session's id by the "
    f"file's name. Forgers who sign try every {SIGNING_STRIDE}th change to the log."
)


def run_audit_bench(n_entries: int, seed: int, report: Report) -> Findings:
    """Tamper with an archive whose main log has `n_entries` entries, then time appending."""
    with tempfile.TemporaryDirectory() as folder:
        scene = build_scene(Path(folder), n_entries, seed)
    tallies = run_campaign(scene, seed, report)
    runs = ROOT / "runs"  # the disk that sessions are written to; the system's may be memory
    runs.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=runs) as folder:
        costs, cost_data = cost_table(Path(folder), scene.key)
    data: dict[str, object] = {
        "n_lines": scene.logs[CASE].count(b"\n"),
        "tampering": [_figures(tally) for tally in tallies],
        "cost": cost_data,
    }
    goals = [
        Goal(f"{attack}: found, of all cases", _found_share(tallies, attack), 1.0, is_most=False)
        for attack in dict.fromkeys(tally.attack for tally in tallies)
    ]
    is_failed = any(tally.missed for tally in tallies)
    tables = (tampering_table(tallies, scene.logs[CASE].count(b"\n")), costs)
    return Findings(tables=tables, goals=goals, data=data, is_failed=is_failed)


def tampering_table(tallies: list[Tally], n_lines: int) -> TextTable:
    """One row for each class and forger, one column for each reader."""
    rows = [
        (
            tally.attack,
            tally.forger.value,
            str(tally.n_cases),
            *(_share_text(tally, reader) for reader in Reader),
            ", ".join(tally.missed[:2]) or "-",
        )
        for tally in tallies
    ]
    header = ("attack", "forger", "cases", *NAMES.values(), "never found")
    return TextTable(
        f"Tampering with an archive; main log of {n_lines} lines", header, rows, CAPTION
    )


def _share_text(tally: Tally, reader: Reader) -> str:
    return f"{100 * tally.n_found(reader) / tally.n_cases:.1f} %" if tally.n_cases else "-"


def _found_share(tallies: list[Tally], attack: str) -> float | None:
    own = [tally for tally in tallies if tally.attack == attack]
    n_cases = sum(tally.n_cases for tally in own)
    if n_cases == 0:
        return None
    return sum(tally.n_found(Reader.PRINTED_HEAD) for tally in own) / n_cases


def _figures(tally: Tally) -> dict[str, object]:
    return {
        "attack": tally.attack,
        "forger": tally.forger.value,
        "cases": tally.n_cases,
        "found": {NAMES[reader]: tally.n_found(reader) for reader in Reader},
        "never_found": tally.missed,
    }
