"""How sure a part must be to be called applicator: chosen on held views of training families."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from models.applicator_parts import judged_parts
from models.labelling import winners
from models.onnx_segmenter import OnnxSegmenter
from tracking.frame import SourceFrame
from tracking.segmentation import Label

CANDIDATES = tuple(round(0.50 + 0.02 * step, 2) for step in range(21))  # 0.50 to 0.90
FALSE_PART_COST = 3.0  # of a lost part: it must be refuted later, a lost one is only UNSURE
TRUE_SHARE = 0.5  # of a part's pixels that are applicator, or it is a false part
MIN_PIXELS = 100  # 0.1 % of the canvas: what is smaller is no applicator anyway


@dataclass(frozen=True)
class Part:
    """One region that the network calls applicator."""

    confidence: float
    is_true: bool


def parts_of(segmenter: OnnxSegmenter, source_frame: SourceFrame) -> list[Part]:
    """Every part of one labelled frame, before any is refused."""
    if source_frame.labels is None:
        raise ValueError("a threshold needs labels")
    tensor, letterbox = segmenter.canvas(source_frame.frame)
    logits = np.ascontiguousarray(segmenter.logits(tensor)[:, *letterbox.window])
    called = winners(logits) == Label.APPLICATOR.value
    numbers, confidences = judged_parts(logits, called)
    truth = (source_frame.labels == Label.APPLICATOR).astype(np.float32)
    truth = np.asarray(cv2.resize(truth, called.shape[::-1], interpolation=cv2.INTER_AREA))
    areas = np.bincount(numbers.ravel(), minlength=len(confidences))
    hits = np.bincount(numbers.ravel(), truth.ravel(), minlength=len(confidences))
    return [
        Part(float(confidences[number]), bool(hits[number] > TRUE_SHARE * areas[number]))
        for number in range(1, len(confidences))
        if areas[number] >= MIN_PIXELS
    ]


def costs(parts: Iterable[Part]) -> dict[float, float]:
    """Lost parts plus the false ones at their price, for each candidate."""
    known = list(parts)
    return {
        least: sum(
            float(part.confidence < least)
            if part.is_true
            else FALSE_PART_COST * float(part.confidence >= least)
            for part in known
        )
        for least in CANDIDATES
    }


def cheapest(costs_by_candidate: dict[float, float]) -> float:
    """The candidate of least cost; among equals the strictest."""
    return max(costs_by_candidate, key=lambda least: (-costs_by_candidate[least], least))
