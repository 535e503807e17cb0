"""A picture of the frames that a segmenter got worst: colour, truth and prediction side by side."""

from __future__ import annotations

from math import isfinite

import cv2
import numpy as np

from models.evaluation.confusion import iou_of
from models.evaluation.frame_score import FrameScore
from tracking.arrays import UInt8
from tracking.frame import SourceFrame
from tracking.segmentation import Label

N_WORST = 12
TILE_WIDTH_PX = 424
CAPTION_PX = 22
LABEL_RGB: dict[Label, tuple[int, int, int]] = {
    Label.OTHER: (40, 40, 44),
    Label.TUMOR_BED: (200, 80, 80),
    Label.APPLICATOR: (90, 180, 255),
    Label.OCCLUDER: (240, 200, 80),
}
DEPTH_SPAN_MM = 1000.0  # from black to white where a frame has no colour
TEXT_RGB = (230, 230, 230)


class WorstFrames:
    """Keeps small pictures of the worst frames met so far."""

    def __init__(self, n_worst: int = N_WORST) -> None:
        self._n_worst = n_worst
        self._rows: list[tuple[float, str, UInt8]] = []

    def add(self, score: FrameScore, frame: SourceFrame, predicted: UInt8) -> None:
        """Look at one frame; it is kept while fewer than `n_worst` are worse."""
        quality = frame_quality(score)
        if len(self._rows) == self._n_worst and quality >= self._rows[-1][0]:
            return
        self._rows.append((quality, score.name, _row(score.name, quality, frame, predicted)))
        self._rows.sort(key=lambda row: row[:2])
        del self._rows[self._n_worst :]

    @property
    def names(self) -> list[str]:
        """Names of the frames, worst first."""
        return [name for _, name, _ in self._rows]

    def sheet(self) -> UInt8:
        """All of them, worst first, uint8 (height, width, 3); raises ValueError of none."""
        if not self._rows:
            raise ValueError("no frame was added")
        rows = [row for _, _, row in self._rows]
        width = max(row.shape[1] for row in rows)
        padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
        return np.ascontiguousarray(np.concatenate(padded))


def frame_quality(score: FrameScore) -> float:
    """IoU of the applicator; without one, the mean of the other classes that are there."""
    if isfinite(score.applicator_iou):
        return score.applicator_iou
    values = [float(iou_of(score.counts, label)) for label in Label]
    there = [value for value in values if isfinite(value)]
    return float(np.mean(there)) if there else 1.0


def _row(name: str, quality: float, frame: SourceFrame, predicted: UInt8) -> UInt8:
    truth = np.zeros_like(predicted) if frame.labels is None else frame.labels
    pictures = (_photograph(frame), _painted(truth), _painted(predicted))
    tiles = np.concatenate([_tile(picture) for picture in pictures], axis=1)
    caption = np.zeros((CAPTION_PX, tiles.shape[1], 3), np.uint8)
    cv2.putText(
        caption,
        f"{name}: IoU {quality:.3f}   colour | truth | prediction",
        (6, CAPTION_PX - 7),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.45,
        TEXT_RGB,
        1,
        cv2.LINE_AA,
    )
    return np.concatenate([caption, tiles])


def _photograph(frame: SourceFrame) -> UInt8:
    color = frame.frame.color_rgb
    if color is not None:
        return color
    grey = np.clip(frame.frame.depth_mm / DEPTH_SPAN_MM * 255, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _painted(labels: UInt8) -> UInt8:
    palette = np.array([LABEL_RGB[label] for label in sorted(Label)], np.uint8)
    return palette[labels]


def _tile(picture: UInt8) -> UInt8:
    height = max(1, round(picture.shape[0] * TILE_WIDTH_PX / picture.shape[1]))
    resized = cv2.resize(picture, (TILE_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)
