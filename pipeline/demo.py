"""The sample session through everything: simulated, and said so wherever it is shown."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from pipeline.replay import replay
from pipeline.request import RunRequest

SAMPLES = Path(__file__).resolve().parents[1] / "recordings" / "samples"
SESSION = SAMPLES / "docking.mcap"
RIG = SAMPLES / "docking.rig.toml"
PLAN = SAMPLES / "docking.plan.toml"


def demo(out: Path, *, serve: bool = False) -> int:
    """Replay the sample session into `out` and say where the artefacts are."""
    console = Console(stderr=True, highlight=False)
    console.print("Sample session: a simulated docking, 424x240. No patient, no camera.")
    request = RunRequest(
        source=str(SESSION),
        rig_path=RIG,
        plan_path=PLAN,
        out_dir=out,
        realtime=serve,
        serve=serve,
    )
    code = replay(request)
    for name, what in (
        ("report.html", "time lines, limits, what was assumed"),
        ("overlay.mp4", "what the team would see"),
        ("records.jsonl", "one line per frame"),
        ("summary.json", "the run in figures"),
    ):
        console.print(f"  {out / name}  {what}", soft_wrap=True)
    return code
