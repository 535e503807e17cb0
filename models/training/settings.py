"""Everything that decides what a training gives: numbers, and the code that makes its data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from math import cos, pi
from pathlib import Path

from models.features import CANVAS
from models.training.scene_stream import Size, Window

CROP = (160, 288)  # of the first steps: less than half the work, and more variety
SMALL = (144, 259)  # a canvas that shows the same scenes at three fifths of the size
SMALL_SHOWN = (144, 256)  # of it, somewhere: the network's sizes are multiples of 16
SMALL_FROM, WHOLE_FROM = 200_000, 400_000  # first seeds of the second training's scenes
ROOT = Path(__file__).resolve().parents[2]
SOURCES = (  # of scenes, planes, changes and network: another one is another training
    "models/features.py",
    "models/letterbox.py",
    "models/training/scenes/*.py",
    "models/training/augment*.py",
    "models/training/batches.py",
    "models/training/canvas_samples.py",
    "models/training/families.py",
    "models/training/learner.py",
    "models/training/loss.py",
    "models/training/network.py",
    "models/training/random_scenes.py",
    "models/training/recovered.py",
    "models/training/scene_stream.py",
    *(
        f"recordings/simulation/{name}.py"
        for name in ("scene", "render", "raycast", "shading", "shapes", "stereo_noise", "texture")
    ),
)


@dataclass(frozen=True)
class Phase:
    """Steps that draw batches of one size from one stream of views."""

    steps: int
    batch_size: int
    size: Size
    window: Window


@dataclass(frozen=True)
class Settings:
    """Phases one after the other, and how fast they learn.

    The learning rate rises for `warm_up_steps`, holds until `hold_steps`, and falls along half a
    cosine to nothing: what comes before `hold_steps` does not depend on how much follows.
    """

    phases: tuple[Phase, ...]
    peak_learning_rate: float
    warm_up_steps: int
    hold_steps: int
    start: str = "random"  # SHA-256 of the exported file whose weights a training starts from
    weight_decay: float = 1e-3
    seed: int = 20260101

    @property
    def steps(self) -> int:
        """All steps."""
        return sum(phase.steps for phase in self.phases)

    def rate(self, step: int) -> float:
        """Learning rate of a step over the peak."""
        if step < self.warm_up_steps:
            return (step + 1) / self.warm_up_steps
        falling = (step - self.hold_steps) / max(1, self.steps - self.hold_steps)
        return 0.5 * (1 + cos(pi * min(max(falling, 0.0), 1.0)))

    def training_id(self) -> str:
        """Short hash of the settings and of `SOURCES` as they lie on disk now."""
        digest = sha256(json.dumps(asdict(self), sort_keys=True).encode())
        for pattern in SOURCES:
            for path in sorted(ROOT.glob(pattern)):
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(path.read_bytes())
        return f"train-{digest.hexdigest()[:12]}"


def from_random(crop_steps: int = 6500, whole_steps: int = 5500) -> Settings:
    """The first training: crops, then whole canvases; each view is drawn about twice."""
    crops = Window(800, 4.0, 3200)
    whole = Window(800, 4.0, 3200, first_seed=crops.seeds(range(crop_steps)).stop)
    return Settings(
        phases=(Phase(crop_steps, 8, CROP, crops), Phase(whole_steps, 8, CANVAS, whole)),
        peak_learning_rate=2.5e-3,
        warm_up_steps=(warm_up := (crop_steps + whole_steps) * 6 // 100),
        hold_steps=warm_up,
    )


def from_exported(start: str, small_steps: int = 1000, whole_steps: int = 600) -> Settings:
    """The second training, of new scenes: whole ones made small, then whole canvases.

    What is a cone, a sleeve or a bed shows in a smaller picture of everything at a third of the
    cost, so that a step sees more scenes; only outlines need the rest.
    """
    small = Window(480, 5.0, 4800, first_seed=SMALL_FROM, canvas=SMALL)
    whole = Window(320, 4.0, 3200, first_seed=WHOLE_FROM)
    return Settings(
        phases=(
            Phase(small_steps, 12, SMALL_SHOWN, small),
            Phase(whole_steps, 8, CANVAS, whole),
        ),
        peak_learning_rate=1.5e-3,
        warm_up_steps=150,
        hold_steps=small_steps,
        start=start,
    )
