"""Simulated frames that benchmarks share. Simulation, and said so in what they print."""

from __future__ import annotations

from dataclasses import replace

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig
from pipeline.config.session_config import GivenTexts, session_config
from recordings.simulation.source import SimulatedSource, open_simulation
from recordings.source import SourceHeader
from tracking.frame import SourceFrame

BENCH_SEED = 0
N_PLAYED = 300  # frames that are made before, and played over again


def bench_source(seed: int) -> SimulatedSource:
    """Docked frames at 848x480."""
    return open_simulation(f"sim:bench:{seed}", read_catalogue(None).applicators)


class BenchStream:
    """The bench scenario without end: its views to and fro, each frame with noise of its own.

    A camera knows neither labels nor truth. `n_frames` are made before, and then played over again:
    so long a time lies between two that are the same that nothing is frozen.

    Attributes
    ----------
    period_ns : int
        Between two frames.
    transfer_ms : float
        Exposure to arrival, the same for every frame: an assumption of the simulation.
    """

    def __init__(self, seed: int, n_frames: int = N_PLAYED) -> None:
        source = bench_source(seed)
        scenario, device = source.scenario, source.scenario.device
        views = [source.rendering(index) for index in range(scenario.n_frames)]
        there_and_back = 2 * len(views) - 2
        n_frames = there_and_back * max(1, -(-n_frames // there_and_back))
        steps = (k % there_and_back for k in range(n_frames))
        shown = (views[min(step, there_and_back - step)] for step in steps)
        self._frames = [
            replace(source.expose(k, view, device.depth_camera), labels=None, truth=None)
            for k, view in enumerate(shown)
        ]
        first = self._frames[0].frame
        self._transfer_ns = first.arrival_ns - first.stamp_ns
        self.transfer_ms = self._transfer_ns / 1e6
        self.period_ns = round(1e9 / device.frame_rate_hz)

    def at(self, position: int) -> SourceFrame:
        """The frame at a position from 0 on, exposed that many periods after the first."""
        source, stamp_ns = self._frames[position % len(self._frames)], position * self.period_ns
        frame = replace(
            source.frame,
            frame_index=position,
            stamp_ns=stamp_ns,
            arrival_ns=stamp_ns + self._transfer_ns,
        )
        return replace(source, frame=frame)


def bench_frames(seed: int) -> list[SourceFrame]:
    """All frames of the bench scenario."""
    source = bench_source(seed)
    return [source.frame(index) for index in range(source.scenario.n_frames)]


def bench_config() -> tuple[SourceHeader, RunConfig]:
    """Header and configuration that belong to the bench scenario."""
    header = bench_source(BENCH_SEED).header
    return header, session_config(header, GivenTexts())
