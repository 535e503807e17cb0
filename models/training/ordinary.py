"""Which random views an operating room could plausibly show.

The random scenes are wilder than any room: here a docked cone is in view, not mostly hidden, and
neither picture nor depth is drowned. Such views are a share of what is trained on (`Settings`), and
have figures of their own.
"""

from __future__ import annotations

import numpy as np

from models.evaluation.frame_score import SHOWN_FRACTION
from models.training.random_scenes import LabelledFrame
from tracking.segmentation import Label

DISTANCE_MM = (250.0, 900.0)
MAX_OCCLUDED = 0.25  # of the cone
DARK_LEVEL, MAX_DARK = 8, 0.3  # 8-bit green, and share of the image at or below it
BRIGHT_LEVEL, MAX_BRIGHT = 250, 0.2
MIN_DEPTH_SHARE = 0.5  # of the image, and of the cone


def is_ordinary(view: LabelledFrame) -> bool:
    """Whether a view is one that could be met."""
    facts, green = view.facts, view.color_rgb[..., 1]
    applicator, has_depth = view.labels == Label.APPLICATOR, view.depth_mm > 0
    return bool(
        facts.kind == "docked"
        and applicator.mean() >= SHOWN_FRACTION
        and facts.occluded_fraction is not None
        and facts.occluded_fraction <= MAX_OCCLUDED
        and DISTANCE_MM[0] <= facts.distance_mm <= DISTANCE_MM[1]
        and facts.smoke_level == 0.0
        and np.mean(green <= DARK_LEVEL) <= MAX_DARK
        and np.mean(green >= BRIGHT_LEVEL) <= MAX_BRIGHT
        and has_depth.mean() >= MIN_DEPTH_SHARE
        and has_depth[applicator].mean() >= MIN_DEPTH_SHARE
    )
