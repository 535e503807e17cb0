"""The frames of a training session: rendered once, and kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from recordings.progress import Report
from recordings.session.reader import SessionSource
from recordings.session.writer import SessionWriter
from recordings.simulation.source import open_simulation
from recordings.source import SourceHeader
from tracking.applicator import Applicator
from tracking.frame import SourceFrame

SCENARIO = "sim:docking:0"
FILE_NAME = "training.mcap"
FRAME_RATE_HZ = 15.0  # two cores serve tracker, display and browser
# Of the story's phases: how many frames, and how far apart.
TAKEN = {
    "survey": (18, 1),
    "placed": (3, 6),
    "approach": (9, 9),
    "docked": (4, 8),
    "held": (18, 1),
}


def training_frames(
    folder: Path, applicators: Mapping[str, Applicator], report: Report
) -> tuple[SourceHeader, list[SourceFrame]]:
    """Read the kept frames, or render and keep them (some twenty seconds).

    Raises
    ------
    TrackerError
        The folder cannot be written, or the catalogue lacks the story's cone.
    """
    path = folder / FILE_NAME
    if path.exists():
        kept = SessionSource(path)
        frames = []
        while (frame := kept.read()) is not None:
            frames.append(frame)
        kept.close()
        if kept.damage is None and frames:
            return kept.header, frames
        path.unlink()
    story = open_simulation(SCENARIO, applicators)
    total = sum(n for n, _ in TAKEN.values())
    unfinished = path.with_name(f".{FILE_NAME}.part")
    unfinished.unlink(missing_ok=True)
    counts: dict[str, int] = {}
    header = replace(story.header, frame_rate_hz=FRAME_RATE_HZ)
    frames = []
    with SessionWriter(unfinished, header) as writer:
        for index in range(story.scenario.n_frames):
            phase = story.story.phase(story.scenario.story_time_s(index))
            seen = counts.get(phase, 0)
            counts[phase] = seen + 1
            n, apart = TAKEN.get(phase, (0, 1))
            if seen % apart or seen // apart >= n:
                continue
            frame = story.frame(index)
            writer.write(frame)
            frames.append(frame)
            report(len(frames), total)
    unfinished.rename(path)
    return header, frames
