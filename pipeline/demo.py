"""The sample session through everything: simulated, and said so wherever it is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from pipeline.replay import replay
from pipeline.request import RunRequest
from pipeline.say import Say
from recordings.progress import Report

SAMPLES = Path(__file__).resolve().parents[1] / "recordings" / "samples"
SESSION = SAMPLES / "docking.mcap"
RIG = SAMPLES / "docking.rig.toml"
PLAN = SAMPLES / "docking.plan.toml"


def demo(out: Path, report: Report | None = None, *, serve: bool = False) -> int:
    """Replay the sample session into `out` and say where the artefacts are.

    With `serve` a training session instead: a simulated docking with display, persons and PINs,
    whose steps are taken on the page; until Ctrl-C.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if serve:
        return _train(out / "training", console.print, report)
    console.print("Sample session: a simulated docking, 424x240. No patient, no camera.")
    request = RunRequest(source=str(SESSION), rig_path=RIG, plan_path=PLAN, out_dir=out)
    code = replay(request)
    for name, what in (
        ("report.html", "time lines, limits, what was assumed"),
        ("overlay.mp4", "what the team would see"),
        ("records.jsonl", "one line per frame"),
        ("summary.json", "the run in figures"),
    ):
        console.print(f"  {out / name}  {what}")
    return code


def _train(out: Path, say: Say, report: Report | None) -> int:
    """A session of its own each time: it begins at the briefing, not where the last one ended."""
    from pipeline.session.opening import new_session_id
    from pipeline.workflow.training import train

    session_dir = out / new_session_id(datetime.now(UTC))
    out.mkdir(parents=True, exist_ok=True)
    try:
        return train(out, say, session_dir=session_dir, report=report)
    except KeyboardInterrupt:
        say(f"Ended. Its report, audit log and drawings are in {session_dir}.")
        return 0
