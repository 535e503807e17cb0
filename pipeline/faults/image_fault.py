"""What a fault of whole images is: other frames than those a docked session would go on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from pipeline.config.load import RunConfig
from recordings.simulation.render import Rendering
from recordings.simulation.source import SimulatedSource
from tracking.frame import RgbdFrame, SourceFrame

N_STRUCK = 3  # faulted frames of a case: the kernel decides each by itself


@dataclass(frozen=True, eq=False)
class Docked:
    """A simulated session, docked inside its plan, up to where faults strike.

    Attributes
    ----------
    onset : int
        The first frame that is faulted.
    """

    source: SimulatedSource
    config: RunConfig
    onset: int

    @property
    def struck(self) -> range:
        """Indices of the faulted frames."""
        return range(self.onset, self.onset + N_STRUCK)

    @cached_property
    def rendering(self) -> Rendering:
        """Noise-free view of the first struck frame; in a tenth of a second nothing moves."""
        return self.source.rendering(self.onset)

    @cached_property
    def good(self) -> list[SourceFrame]:
        """The same frames without a fault: the twin."""
        return self.shot(self.source, self.rendering)

    def shot(self, source: SimulatedSource, rendering: Rendering) -> list[SourceFrame]:
        """Return every struck frame of one view, each with noise of its own."""
        camera = source.scenario.device.depth_camera
        return [source.expose(index, rendering, camera) for index in self.struck]


@dataclass(frozen=True, eq=False)
class ImageCase:
    """One fault in one session."""

    docked: Docked
    severity: int

    @property
    def step(self) -> int:
        """Index of the severity in a table of five."""
        return self.severity - 1

    def rng(self, stream: int = 0) -> np.random.Generator:
        """Of this case alone."""
        return np.random.default_rng([self.docked.source.seed, 109, self.severity, stream])


Shoot = Callable[[ImageCase], Sequence[SourceFrame]]


@dataclass(frozen=True)
class ImageFault:
    """One class of faults.

    Attributes
    ----------
    expects : frozenset of str
        What may be told first; empty: anything but READY.
    """

    name: str
    shoot: Shoot
    expects: frozenset[str] = frozenset()


def edited(edit: Callable[[RgbdFrame, ImageCase], RgbdFrame]) -> Shoot:
    """Change every struck frame as it came from the camera."""

    def shoot(case: ImageCase) -> list[SourceFrame]:
        return [replace(one, frame=edit(one.frame, case)) for one in case.docked.good]

    return shoot


def with_raw(edit: Callable[[Any, ImageCase], Any]) -> Shoot:
    """Change the raw depth (uint16 array) of every struck frame."""

    def change(frame: RgbdFrame, case: ImageCase) -> RgbdFrame:
        depth_raw = np.clip(edit(frame.depth_raw.copy(), case), 0, np.iinfo(np.uint16).max)
        return replace(frame, depth_raw=depth_raw.astype(np.uint16))

    return edited(change)
