"""Everything that decides what a training gives: numbers, and the code that makes its data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from models.features import CANVAS
from models.training.scene_stream import Size, Window

HALF = (CANVAS[0] // 2, CANVAS[1] // 2)
HALF_SHOWN = (112, 208)  # of it, somewhere: the network's sizes are multiples of 16
WHOLE_FROM = 400_000  # first seed of the scenes that are rendered at full size
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
    """First many scenes at half size, then fewer whole canvases.

    What is a cone, a sleeve or a bed shows in a small picture of everything: a step at half size
    costs a quarter. Only outlines need the rest. Views are rendered `..._views_per_step` at a
    time.
    """

    half_steps: int = 5400
    half_batch: int = 16
    half_views_per_step: float = 3.2  # each view is drawn five times
    whole_steps: int = 1400
    whole_batch: int = 8
    whole_views_per_step: float = 2.0
    peak_learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    seed: int = 20260101

    @property
    def phases(self) -> tuple[Phase, Phase]:
        """In order."""
        half = Window(800, self.half_views_per_step, 6400, canvas=HALF)
        whole = Window(240, self.whole_views_per_step, 1600, first_seed=WHOLE_FROM)
        return (
            Phase(self.half_steps, self.half_batch, HALF_SHOWN, half),
            Phase(self.whole_steps, self.whole_batch, CANVAS, whole),
        )

    @property
    def steps(self) -> int:
        """All steps."""
        return sum(phase.steps for phase in self.phases)

    def training_id(self) -> str:
        """Short hash of the settings and of `SOURCES` as they lie on disk now."""
        digest = sha256(json.dumps(asdict(self), sort_keys=True).encode())
        for pattern in SOURCES:
            for path in sorted(ROOT.glob(pattern)):
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(path.read_bytes())
        return f"train-{digest.hexdigest()[:12]}"
