"""Calibrates a trained network's doubt: `python -m models.training.calibrate`.

Fits temperature, weights and limit on scenes of the training families, writes them into the
model's manifest, and the figures of merit as JSON and picture.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from models.doubt import CUES, DoubtModel
from models.loading import SHIPPED_MANIFEST
from models.manifest import manifest_text
from models.onnx_segmenter import OnnxSegmenter
from models.training.calibration_frames import (
    GOOD_IOU,
    Judged,
    Pixels,
    disturbed_frames,
    judged,
    sampled_pixels,
    scene_frames,
)
from models.training.calibration_plot import draw_calibration
from models.training.doubt_fit import (
    cue_table,
    fit_doubt,
    fit_temperature,
    held_out_scores,
    scores,
)
from models.training.reliability import Float, Reliability, auroc, auroc_interval, reliability
from recordings.whole_file import write_whole

N_SCENES = 600
N_TEMPERATURE = 100  # scenes of their own, for the temperature
N_STORIES = 4
FALSE_ALARM_RATE = 0.01
FOLDER = Path("runs/calibrate")


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was fitted, and what it is worth.

    Attributes
    ----------
    before, after
        Reliability of the pixels' probabilities without and with the temperature, on scenes
        that it was not fitted on.
    good, bad
        Held-out scores of scenes with good and bad labels.
    disturbed_bad, disturbed_good
        Scores of disturbed story frames with bad and good labels.
    n_silent
        Disturbed frames without a score: no applicator is reported (UNSURE), or too little of the
        true one shows to be measured.
    """

    doubt: DoubtModel
    before: Reliability
    after: Reliability
    good: Float
    bad: Float
    disturbed_bad: Float
    disturbed_good: Float
    n_silent: int


def calibrate(
    segmenter: OnnxSegmenter, n_scenes: int, n_temperature: int, n_stories: int
) -> Calibration:
    """Fit and measure; the same seeds give the same figures.

    Raises
    ------
    ValueError
        Too few scenes with good or bad labels.
    """
    fitting = _pixels(segmenter, 0, n_temperature)
    temperature = fit_temperature(fitting.logits, fitting.truth)
    checking = _pixels(segmenter, n_temperature, n_temperature)
    frames = scene_frames(n_temperature, n_scenes)
    found = _all_judged(segmenter, _told(frames, n_scenes, "scenes"), temperature)[0]
    cues = cue_table([frame.cues for frame in found])
    is_bad = np.array([frame.iou < GOOD_IOU for frame in found])
    doubt = fit_doubt(temperature, [f.cues for f in found], is_bad, FALSE_ALARM_RATE)
    held_out = held_out_scores(cues, is_bad)
    story, n_silent = _all_judged(
        segmenter, _told(disturbed_frames(n_stories), None, "disturbed frames"), temperature
    )
    weights = np.array([doubt.weights[name] for name in CUES])
    story_scores = scores(cue_table([f.cues for f in story]), doubt.bias, weights)
    story_bad = np.array([f.iou < GOOD_IOU for f in story], np.bool_)
    return Calibration(
        doubt=doubt,
        before=_reliability(checking, 1.0),
        after=_reliability(checking, temperature),
        good=held_out[~is_bad],
        bad=held_out[is_bad],
        disturbed_bad=story_scores[story_bad],
        disturbed_good=story_scores[~story_bad],
        n_silent=n_silent,
    )


def figures(found: Calibration) -> dict[str, Any]:
    """Everything for people and files."""
    limit = found.doubt.limit
    return {
        "doubt": found.doubt.model_dump(mode="json"),
        "pixels": {
            name: {
                "ece": table.ece,
                "confidence": table.confidence.tolist(),
                "accuracy": table.accuracy.tolist(),
                "count": table.count.tolist(),
            }
            for name, table in (("before", found.before), ("after", found.after))
        },
        "scenes": _roc_figures(found.bad, found.good, limit),
        "disturbed": _roc_figures(found.disturbed_bad, found.good, limit)
        | {
            "n_good": len(found.disturbed_good),
            "good_flagged": _flagged(found.disturbed_good, limit),
            "n_unscored": found.n_silent,
        },
    }


def _roc_figures(bad: Float, good: Float, limit: float) -> dict[str, Any]:
    """Area under the curve of bad frames against the scenes' good ones."""
    has_both = len(bad) > 0 and len(good) > 0
    return {
        "n_bad": len(bad),
        "n_good": len(good),
        "auroc": auroc(bad, good) if has_both else None,
        "auroc_95": auroc_interval(bad, good) if has_both else None,
        "bad_flagged": _flagged(bad, limit),
        "good_flagged": _flagged(good, limit),
    }


def _flagged(values: Float, limit: float) -> float | None:
    return float(np.mean(values > limit)) if len(values) else None


def _pixels(segmenter: OnnxSegmenter, first: int, n_scenes: int) -> Pixels:
    frames = _told(scene_frames(first, n_scenes), n_scenes, "scenes for the temperature")
    drawn = [sampled_pixels(segmenter, frame, i) for i, frame in enumerate(frames)]
    return Pixels(
        np.concatenate([part.logits for part in drawn]),
        np.concatenate([part.truth for part in drawn]),
    )


def _reliability(pixels: Pixels, temperature: float) -> Reliability:
    probabilities = softmax(pixels.logits / temperature, axis=1)
    return reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == pixels.truth)


def _all_judged(
    segmenter: OnnxSegmenter, frames: Iterable[Any], temperature: float
) -> tuple[list[Judged], int]:
    """Judged frames, and the number that cannot be judged."""
    results = [judged(segmenter, frame, temperature) for frame in frames]
    found = [result for result in results if result is not None]
    return found, len(results) - len(found)


def _told(frames: Iterable[Any], total: int | None, what: str) -> Iterable[Any]:
    """Pass frames on and tell how far they are."""
    for done, frame in enumerate(frames, start=1):
        if done % 25 == 0 or done == total:
            sys.stderr.write(f"\r{what}: {done}{'' if total is None else f' of {total}'}   ")
            sys.stderr.flush()
        yield frame
    sys.stderr.write("\n")


def main() -> None:
    """Calibrate, write the manifest, the figures and their picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, default=SHIPPED_MANIFEST)
    parser.add_argument("--scenes", type=int, default=N_SCENES)
    parser.add_argument("--temperature-scenes", type=int, default=N_TEMPERATURE)
    parser.add_argument("--stories", type=int, default=N_STORIES)
    parser.add_argument("--out", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    segmenter = OnnxSegmenter(arguments.manifest)
    found = calibrate(segmenter, arguments.scenes, arguments.temperature_scenes, arguments.stories)
    manifest = segmenter.manifest.model_copy(update={"doubt": found.doubt})
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures(found), indent=1, allow_nan=False)
    (arguments.out / "calibration.json").write_text(text + "\n", encoding="utf-8")
    draw_calibration(found, arguments.out / "calibration.png")
    write_whole(arguments.manifest, manifest_text(manifest).encode())
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
