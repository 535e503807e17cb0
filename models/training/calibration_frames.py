"""Labelled frames as calibration needs them: the network's cues beside how good its labels are.

Calibration scenes are of the training families, from seeds that training and evaluation never
use. Disturbed frames of the docking story only measure what was fitted, and fit nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.doubt import frame_cues
from models.onnx_segmenter import OnnxSegmenter
from models.training.random_scenes import random_frames
from models.training.rendered_frames import as_source_frame
from recordings.simulation.disturbance import SEVERITIES
from recordings.simulation.disturbances import DISTURBANCES, disturbed_frame
from recordings.simulation.source import open_simulation
from tracking.applicator import Applicator
from tracking.frame import SourceFrame
from tracking.segmentation import Label

CALIBRATION_FROM = 2_000_000  # seeds: beyond training's and the withheld ones
PIXELS_PER_FRAME = 400
GOOD_IOU = 0.8  # of the applicator: below it, labels are bad
MIN_SHOWN = 0.004  # of the image: 1,600 px at 848x480; a cone that shows less is not measured
STORY_APPLICATOR = Applicator("MOB-D60-B15", "mobetron", 60.0, 2.0, 300.0, 15.0, 110.0, 20.0)
STORY_TIME_S = 8.0  # docked and held


@dataclass(frozen=True, eq=False)
class Judged:
    """Cues of one frame, and the intersection over union of its applicator's labels."""

    cues: dict[str, float]
    iou: float


@dataclass(frozen=True, eq=False)
class Pixels:
    """Logits (n, n_classes) of pixels drawn evenly from a frame, and their true labels (n,)."""

    logits: NDArray[np.float64]
    truth: NDArray[np.int64]


def scene_frames(first: int, n_scenes: int) -> Iterator[SourceFrame]:
    """One view of each calibration scene from number `first` on."""
    for number in range(first, first + n_scenes):
        for view in random_frames(CALIBRATION_FROM + number, 1):
            yield as_source_frame(view)


def disturbed_frames(n_stories: int) -> Iterator[SourceFrame]:
    """A docked frame of each story under every disturbance and severity."""
    for seed in range(n_stories):
        source = open_simulation(f"sim:docking:{seed}", {STORY_APPLICATOR.id: STORY_APPLICATOR})
        index = round(STORY_TIME_S * source.header.frame_rate_hz)
        for disturbance in DISTURBANCES.values():
            for severity in SEVERITIES:
                yield disturbed_frame(source, index, disturbance, severity)


def judged(
    segmenter: OnnxSegmenter, source_frame: SourceFrame, temperature: float
) -> Judged | None:
    """Segment a labelled frame; None where nothing is measured.

    No applicator is reported then, or what shows of the true one is too little.
    """
    if source_frame.labels is None:
        raise ValueError("calibration needs labels")
    predicted = segmenter.predict(source_frame.frame)
    cues = frame_cues(predicted, source_frame.frame, temperature)
    truth = source_frame.labels == Label.APPLICATOR
    if cues is None or 0 < truth.mean() < MIN_SHOWN:
        return None
    mask = predicted.labels == Label.APPLICATOR
    return Judged(cues, float((truth & mask).sum() / (truth | mask).sum()))


def sampled_pixels(segmenter: OnnxSegmenter, source_frame: SourceFrame, seed: int) -> Pixels:
    """Draw pixels of one labelled frame, on the network's grid."""
    if source_frame.labels is None:
        raise ValueError("calibration needs labels")
    logits = segmenter.predict(source_frame.frame).logits
    rng = np.random.default_rng([seed, 0xCA1])
    rows, columns = (rng.integers(0, size, PIXELS_PER_FRAME) for size in logits.shape[1:])
    height, width = source_frame.labels.shape
    at = (
        (rows + 0.5) * height / logits.shape[1],
        (columns + 0.5) * width / logits.shape[2],
    )
    truth = source_frame.labels[at[0].astype(np.intp), at[1].astype(np.intp)]
    return Pixels(logits[:, rows, columns].T.astype(np.float64), truth.astype(np.int64))
