"""Simulated frames that benchmarks share. Simulation, and said so in what they print."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from recordings.simulation.source import SimulatedSource, open_simulation
from recordings.source import SourceHeader
from tracking.frame import SourceFrame

BENCH_SEED = 0


def bench_source(seed: int) -> SimulatedSource:
    """Docked frames at 848x480."""
    return open_simulation(f"sim:bench:{seed}", read_catalogue(None).applicators)


def bench_frames(seed: int) -> list[SourceFrame]:
    """All frames of the bench scenario."""
    source = bench_source(seed)
    return [source.frame(index) for index in range(source.scenario.n_frames)]


def bench_config() -> tuple[SourceHeader, RunConfig]:
    """Header and configuration that belong to the bench scenario."""
    header = bench_source(BENCH_SEED).header
    with TemporaryDirectory() as folder:
        for name, text in header.embedded:
            (Path(folder) / name).write_text(text, encoding="utf-8")
        config = load_config(Path(folder) / "rig.toml", Path(folder) / "plan.toml")
    return header, config
