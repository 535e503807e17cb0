"""Everything that decides what a training gives: numbers, and the code that makes its data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from models.features import CANVAS
from models.training.scene_stream import Window

CROP = (160, 288)  # of the first steps: less than half the work, and more variety
GENTLE_RATE = 3e-4
GOING_ON_FROM = 600_000  # seed of the first scene of a training that goes on
ROOT = Path(__file__).resolve().parents[2]
SOURCES = (  # of scenes, planes, changes and network: another one is another training
    "models/features.py",
    "models/letterbox.py",
    "models/training/scenes/*.py",
    "models/training/augment*.py",
    "models/training/batches.py",
    "models/training/canvas_samples.py",
    "models/training/families.py",
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
class Settings:
    """First crops, then whole canvases; views are rendered `views_per_step` at a time."""

    crop_steps: int = 6500
    whole_steps: int = 5500
    batch_size: int = 8
    first_views: int = 800
    views_per_step: float = 4.0  # each view is drawn twice
    capacity: int = 3200
    peak_learning_rate: float = 2.5e-3
    weight_decay: float = 1e-3
    seed: int = 20260101
    first_scene: int = 0  # seed of the first scene: one that goes on takes scenes of its own
    start: str = "random"  # SHA-256 of the exported file whose weights a training starts from

    @property
    def steps(self) -> int:
        """All steps."""
        return self.crop_steps + self.whole_steps

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Image size of every step."""
        return [CROP] * self.crop_steps + [CANVAS] * self.whole_steps

    @property
    def window(self) -> Window:
        """Which views a step may draw."""
        return Window(self.first_views, self.views_per_step, self.capacity, self.first_scene)

    def training_id(self) -> str:
        """Short hash of the settings and of `SOURCES` as they lie on disk now."""
        digest = sha256(json.dumps(asdict(self), sort_keys=True).encode())
        for pattern in SOURCES:
            for path in sorted(ROOT.glob(pattern)):
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(path.read_bytes())
        return f"train-{digest.hexdigest()[:12]}"


def going_on(start: str, whole_steps: int) -> Settings:
    """A training of whole canvases from the weights of an exported file of this SHA-256.

    Its scenes are no others'. The learning rate is low: at 1.5e-3 what was learnt was lost at
    first, and a thousand steps did not bring it back (model card).
    """
    return Settings(
        crop_steps=0,
        whole_steps=whole_steps,
        first_views=320,
        peak_learning_rate=GENTLE_RATE,
        first_scene=GOING_ON_FROM,
        start=start,
    )
