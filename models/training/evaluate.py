"""Honest figures of the shipped model: `python -m models.training.evaluate`.

Everything runs through the segmenter as the pipeline uses it, in the depth grid: withheld
random scenes, the docking story (never trained on), and real frames without an applicator.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from models.loading import SHIPPED_MANIFEST
from models.onnx_segmenter import OnnxSegmenter
from models.training.random_scenes import random_frames
from models.training.real_frames import SHARED_DATA, real_frames
from models.training.render_cache import WITHHELD_FROM
from models.training.scores import Confusion
from recordings.simulation.source import open_simulation
from tracking.applicator import Applicator
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Label

N_SCENES = 200
STORIES = ("docking:0", "docking:1", "docking-small:0", "docking-small:7")
STORY_STEP_S = 0.4
DEPTH_UNIT_MM = 0.1
STORY_APPLICATORS = {
    f"MOB-D60-B{bevel}": Applicator(
        f"MOB-D60-B{bevel}", "mobetron", 60.0, 2.0, 300.0, float(bevel), 110.0, 20.0
    )
    for bevel in (0, 15, 30)
}


@dataclass(eq=False)
class Figures:
    """Confusion, and how far the applicator's outline lies outside the true one."""

    confusion: Confusion = field(default_factory=Confusion)
    outline_px: list[float] = field(default_factory=list)
    n_frames: int = 0
    n_false_alarms: int = 0  # frames without applicator in which one is reported
    n_missed: int = 0  # frames that show at least SHOWN_PX of it, in which none is reported
    SHOWN_PX = 2000

    def add(self, segmenter: OnnxSegmenter, source_frame: SourceFrame) -> None:
        """Segment one labelled frame and count."""
        truth = source_frame.labels
        if truth is None:
            raise ValueError("evaluation needs labels")
        predicted = segmenter.segment(source_frame).labels
        self.confusion.add(truth, predicted)
        self.n_frames += 1
        true_mask, mask = truth == Label.APPLICATOR, predicted == Label.APPLICATOR
        if not true_mask.any():
            self.n_false_alarms += bool(mask.any())
        elif true_mask.sum() >= self.SHOWN_PX:
            self.n_missed += not mask.any()
            self.outline_px.append(_outline_offset_px(true_mask, mask))

    def summary(self) -> dict[str, object]:
        """Rounded figures for people and files."""
        offsets = np.array(self.outline_px)
        return {
            "frames": self.n_frames,
            "iou": {name: round(value, 4) for name, value in self.confusion.iou().items()},
            "applicator_precision": round(self.confusion.precision(Label.APPLICATOR), 4),
            "applicator_recall": round(self.confusion.recall(Label.APPLICATOR), 4),
            "false_alarm_frames": self.n_false_alarms,
            "missed_frames": self.n_missed,
            "outline_offset_px_median": round(float(np.median(offsets)), 3)
            if len(offsets)
            else None,
        }


def _outline_offset_px(truth: np.ndarray, mask: np.ndarray) -> float:  # type: ignore[type-arg]
    """Mean distance by which the mask's outline lies outside (+) or inside (-) the truth's.

    Area difference within 4 px of the true outline, divided by the outline's length.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    binary = truth.astype(np.uint8)
    inner = cv2.erode(binary, np.ones((3, 3), np.uint8))
    length = float((binary - inner).sum())
    band = cv2.dilate(binary, kernel) != cv2.erode(binary, kernel)
    return float((int(mask[band].sum()) - int(truth[band].sum())) / max(length, 1.0))


def withheld_frames(n_scenes: int) -> Iterator[SourceFrame]:
    """One view of each withheld random scene."""
    for seed in range(WITHHELD_FROM, WITHHELD_FROM + n_scenes):
        for view in random_frames(seed, 1):
            raw = np.round(view.depth_mm / DEPTH_UNIT_MM).astype(np.uint16)
            frame = RgbdFrame(
                0,
                "",
                0,
                0,
                view.intrinsics,
                raw,
                DEPTH_UNIT_MM,
                np.ascontiguousarray(view.color_rgb),
            )
            yield SourceFrame(frame, labels=view.labels)


def story_frames(spec: str) -> Iterator[SourceFrame]:
    """Frames of a docking story, a fixed time apart."""
    source = open_simulation(spec, STORY_APPLICATORS)
    step = round(STORY_STEP_S * source.header.frame_rate_hz)
    for index in range(0, source.header.n_frames or 0, step):
        yield source.frame(index)


def without_color(source_frame: SourceFrame) -> SourceFrame:
    """The same frame as a recording without colour gives it."""
    return replace(source_frame, frame=replace(source_frame.frame, color_rgb=None))


def evaluate(
    segmenter: OnnxSegmenter, n_scenes: int, stories: tuple[str, ...], data: Path
) -> dict[str, object]:
    """All figures, by the name of what they were measured on."""
    result: dict[str, object] = {"model": segmenter.model_id}
    groups: dict[str, Iterator[SourceFrame]] = {"withheld random scenes": withheld_frames(n_scenes)}
    groups |= {f"sim:{spec}": story_frames(spec) for spec in stories}
    for name, frames in groups.items():
        with_color, depth_only = Figures(), Figures()
        for source_frame in frames:
            with_color.add(segmenter, source_frame)
            depth_only.add(segmenter, without_color(source_frame))
        result[name] = with_color.summary()
        result[f"{name}, depth only"] = depth_only.summary()
    result["real frames without applicator: share called so"] = {
        name: round(float(segmenter.segment(frame).applicator_mask.mean()), 5)
        for name, frame in real_frames(data)
    }
    return result


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, default=SHIPPED_MANIFEST)
    parser.add_argument("--scenes", type=int, default=N_SCENES)
    parser.add_argument("--stories", nargs="*", default=STORIES)
    parser.add_argument("--data", type=Path, default=SHARED_DATA)
    arguments = parser.parse_args()
    segmenter = OnnxSegmenter(arguments.manifest)
    figures = evaluate(segmenter, arguments.scenes, tuple(arguments.stories), arguments.data)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
