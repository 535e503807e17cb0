"""Random scenes rendered once and kept as arrays: `python -m models.training.render_cache`.

A shard holds the views of `SCENES_PER_SHARD` scenes. A shard that exists is complete: it is
written beside its place and renamed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from rich.progress import track

from models.training.canvas_samples import CanvasSample, to_canvas
from models.training.random_scenes import random_frames

CACHE = Path("runs") / "train" / "cache"
SCENES_PER_SHARD, VIEWS_PER_SCENE = 50, 2
DEPTH_STEP_MM = 0.1  # of the cached depth: uint16 reaches 6.5 m
WITHHELD_FROM = 1_000_000  # seeds from here on are never trained on
N_TRAINING_SHARDS, N_WITHHELD_SHARDS = 60, 4


def shard_path(folder: Path, first_seed: int) -> Path:
    """File of the shard that begins with this seed."""
    return folder / f"scenes-{first_seed:07d}.npz"


def first_seeds(n_shards: int, start: int = 0) -> list[int]:
    """First seeds of consecutive shards."""
    return [start + index * SCENES_PER_SHARD for index in range(n_shards)]


def render_shard(folder: Path, first_seed: int) -> Path:
    """Render one shard unless it is there."""
    path = shard_path(folder, first_seed)
    if path.exists():
        return path
    samples = [
        to_canvas(frame)
        for seed in range(first_seed, first_seed + SCENES_PER_SHARD)
        for frame in random_frames(seed, VIEWS_PER_SCENE)
    ]
    depth = np.stack([sample.depth_mm for sample in samples]) / DEPTH_STEP_MM
    partial = path.with_suffix(".partial.npz")
    np.savez(
        partial,
        depth=np.round(np.minimum(depth, np.iinfo(np.uint16).max)).astype(np.uint16),
        color=np.stack([sample.color_rgb for sample in samples]),
        labels=np.stack([sample.labels for sample in samples]),
    )
    partial.rename(path)
    return path


def load_shard(path: Path) -> Iterator[CanvasSample]:
    """Samples of one shard, in order."""
    with np.load(path) as arrays:
        depth, color, labels = arrays["depth"], arrays["color"], arrays["labels"]
    for index in range(len(depth)):
        depth_mm = depth[index].astype(np.float32) * np.float32(DEPTH_STEP_MM)
        yield CanvasSample(depth_mm, color[index], labels[index])


def render_all(folder: Path, seeds: list[int], n_processes: int) -> list[Path]:
    """Render what is missing and return all shards in order."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [seed for seed in seeds if not shard_path(folder, seed).exists()]
    with get_context("spawn").Pool(n_processes) as pool:
        jobs = [pool.apply_async(render_shard, (folder, seed)) for seed in missing]
        for job in track(jobs, description="rendering random scenes"):
            job.get()
    return [shard_path(folder, seed) for seed in seeds]


def main() -> None:
    """Render training and withheld shards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--shards", type=int, default=N_TRAINING_SHARDS)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    seeds = first_seeds(N_WITHHELD_SHARDS, WITHHELD_FROM) + first_seeds(arguments.shards)
    render_all(arguments.cache, seeds, arguments.processes)


if __name__ == "__main__":
    main()
