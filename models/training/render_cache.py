"""Random scenes rendered once and kept as arrays: `python -m models.training.render_cache`.

A shard holds the views of `SCENES_PER_SHARD` scenes. A shard that exists is complete: it is
written beside its place and renamed.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from models.training.canvas_samples import CanvasSample, to_canvas
from models.training.random_scenes import random_frames

CACHE = Path("runs") / "train" / "cache"
SCENES_PER_SHARD, VIEWS_PER_SCENE = 50, 2
DEPTH_STEP_MM = 0.1  # of the cached depth: uint16 reaches 6.5 m
WITHHELD_FROM = 1_000_000  # seeds from here on are never trained on
N_TRAINING_SHARDS, N_WITHHELD_SHARDS = 32, 4


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


class CachedSamples(Sequence[CanvasSample]):
    """Samples of several shards in order, held in the compact form of the files."""

    def __init__(self, shards: list[Path]) -> None:
        self._arrays: list[Mapping[str, NDArray[Any]]] = []
        for path in shards:
            with np.load(path) as arrays:
                self._arrays.append({name: arrays[name] for name in ("depth", "color", "labels")})
        self._ends = np.cumsum([len(arrays["labels"]) for arrays in self._arrays])

    def __len__(self) -> int:
        """Number of samples."""
        return int(self._ends[-1]) if len(self._ends) else 0

    @overload
    def __getitem__(self, index: int) -> CanvasSample: ...
    @overload
    def __getitem__(self, index: slice) -> list[CanvasSample]: ...
    def __getitem__(self, index: int | slice) -> CanvasSample | list[CanvasSample]:
        """One sample, or those of a slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        shard = int(np.searchsorted(self._ends, index, side="right"))
        arrays = self._arrays[shard]
        row = index - (int(self._ends[shard - 1]) if shard else 0)
        depth_mm = arrays["depth"][row].astype(np.float32) * np.float32(DEPTH_STEP_MM)
        return CanvasSample(depth_mm, arrays["color"][row], arrays["labels"][row])


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
