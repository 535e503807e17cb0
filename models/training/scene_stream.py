"""Random scenes rendered while the training runs, and the window of views it draws from.

Scenes are rendered in the order of their seeds by worker processes. What a step sees depends
on its number alone: it waits for the views it is due, and never meets later ones.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from types import TracebackType
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.features import CANVAS
from models.training.canvas_samples import CanvasSample, to_canvas
from models.training.families import Families, Split
from models.training.ordinary import is_ordinary
from models.training.random_scenes import LabelledFrame, random_frames
from models.training.raw_depth import DEPTH_UNIT_MM, raw_depth
from recordings.worker_end import end_with_parent
from tracking.arrays import UInt8

VIEWS_PER_SCENE = 4
WITHHELD_FROM = 1_000_000  # seeds from here on are never trained on
SCENES_AHEAD = 24  # per worker, rendered before they are due: 15 MB each four
NICENESS = 10  # of workers: they take what the training leaves

Size = tuple[int, int]
"""Height and width, pixels."""


@dataclass(frozen=True, eq=False)
class KeptSample:
    """A canvas sample in a third of its memory, and whether `models.training.ordinary` is met."""

    depth_steps: NDArray[np.uint16]
    color_rgb: UInt8
    labels: UInt8
    focal_px: float
    is_ordinary: bool = False

    @classmethod
    def of(cls, sample: CanvasSample, *, is_ordinary: bool = False) -> KeptSample:
        """Round depth as a camera does; what is too far for it is a hole."""
        steps = raw_depth(sample.depth_mm)
        return cls(steps, sample.color_rgb, sample.labels, sample.focal_px, is_ordinary)

    @property
    def sample(self) -> CanvasSample:
        """As it is augmented."""
        depth_mm = self.depth_steps * np.float32(DEPTH_UNIT_MM)
        return CanvasSample(depth_mm, self.color_rgb, self.labels, self.focal_px)


def render_scene(seed: int, n_views: int, split: Split, canvas: Size = CANVAS) -> list[KeptSample]:
    """All views of one scene, rendered at the height of the canvas that they are brought onto."""
    frames = random_frames(seed, n_views, Families(split), canvas[0])
    return [_kept(frame, canvas) for frame in frames]


def _kept(frame: LabelledFrame, canvas: Size) -> KeptSample:
    return KeptSample.of(to_canvas(frame, canvas), is_ordinary=is_ordinary(frame))


def _calm() -> None:
    """One thread, behind the training, and not beyond it."""
    end_with_parent()
    cv2.setNumThreads(1)
    os.nice(NICENESS)


class ViewSource(Protocol):
    """Renders scenes."""

    def views(
        self, seeds: range, n_views: int, split: Split, canvas: Size = CANVAS
    ) -> Iterator[KeptSample]:
        """The views of these scenes in order."""


class SceneRenderer:
    """Worker processes that render scenes; a context, so that none outlives the training."""

    def __init__(self, n_workers: int) -> None:
        self._ahead = SCENES_AHEAD * n_workers
        self._pool = ProcessPoolExecutor(n_workers, get_context("spawn"), initializer=_calm)

    def __enter__(self) -> SceneRenderer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def views(
        self, seeds: range, n_views: int, split: Split, canvas: Size = CANVAS
    ) -> Iterator[KeptSample]:
        """The views of these scenes in order, some of them rendered ahead."""
        pending: deque[Future[list[KeptSample]]] = deque()
        for seed in seeds:
            pending.append(self._pool.submit(render_scene, seed, n_views, split, canvas))
            if len(pending) > self._ahead:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()


@dataclass(frozen=True)
class Window:
    """Which views a step may draw from: the last `capacity` of those due by then.

    Views count from those of the scene with the seed `first_scene`, and lie on `canvas`.
    """

    first_views: int
    views_per_step: float
    capacity: int
    first_scene: int = 0
    canvas: Size = CANVAS

    def scenes(self, steps: range) -> range:
        """Seeds of the scenes that these steps may draw."""
        first = self.first_scene + self.start(steps.start) // VIEWS_PER_SCENE
        return range(first, self.first_scene + self.end(steps.stop) // VIEWS_PER_SCENE + 1)

    def end(self, step: int) -> int:
        """Number of views that must be rendered before `step`."""
        return self.first_views + int(step * self.views_per_step)

    def start(self, step: int) -> int:
        """Number of the oldest view that `step` may draw."""
        return max(0, self.end(step) - self.capacity)


class ViewWindow:
    """The views in the window, moved forward step by step; starts anywhere."""

    def __init__(self, source: ViewSource, window: Window, steps: range) -> None:
        self._window, self._next = window, steps.start
        scenes = window.scenes(steps)
        self._start = self._end = (scenes.start - window.first_scene) * VIEWS_PER_SCENE
        self._coming = source.views(scenes, VIEWS_PER_SCENE, "training", window.canvas)
        self._kept: deque[KeptSample] = deque()

    def at(self, step: int) -> list[KeptSample]:
        """The window of `step`, oldest first; steps must come in order."""
        while self._end < self._window.end(step):
            self._kept.append(next(self._coming))
            self._end += 1
        while self._start < self._window.start(step):
            self._kept.popleft()
            self._start += 1
        return list(self._kept)
