"""How far the network's labels of one frame may be believed: a calibrated score of a few cues.

Each cue is larger where labels tend to be worse; a logistic model with weights that are never
negative makes them the probability that the applicator's labels are bad
(`models/training/calibrate.py` fits it). What contributes most is named as the cause.

Fails to: labels that are not believable.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import Annotated, Final, Self

import numpy as np
from pydantic import Field, model_validator

from models.doubt_images import LabelShares, OutlineCrop, blurred_share, no_step_share
from models.doubt_logits import Wavering, wavering
from models.prediction import Prediction
from models.strict import StrictModel
from tracking.doubt import UNPROVEN, DoubtCause, LabelDoubt
from tracking.frame import RgbdFrame
from tracking.segmentation import Label

CAUSES: Final[Mapping[str, DoubtCause]] = {
    "applicator_unsure": DoubtCause.UNFAMILIAR,
    "applicator_entropy": DoubtCause.UNFAMILIAR,
    "energy": DoubtCause.UNFAMILIAR,
    "bed_unsure": DoubtCause.UNFAMILIAR,
    "no_step": DoubtCause.GEOMETRY,
    "applicator_holes": DoubtCause.DEPTH,
    "bed_holes": DoubtCause.DEPTH,
    "dark": DoubtCause.LIGHT,
    "bright": DoubtCause.LIGHT,
    "blurred": DoubtCause.LIGHT,
}
CUES: Final = tuple(CAUSES)
MAX_LOGIT = 40.0  # exp stays finite
MAX_LIMIT: Final = 0.5  # labels that are likelier bad than good are never believed


class DoubtModel(StrictModel):
    """Calibrated weights, as the manifest carries them: logit(score) = bias + sum weight * cue.

    Attributes
    ----------
    temperature
        What logits are divided by before they are probabilities.
    weights, typical
        Of every cue of `CUES`: its weight (0 or more), and its value on a usual good frame.
    limit
        Largest score that is believed: exceeded by `false_alarm_rate` of the good frames.
    """

    temperature: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    bias: Annotated[float, Field(allow_inf_nan=False)]
    weights: dict[str, Annotated[float, Field(ge=0.0, allow_inf_nan=False)]]
    typical: dict[str, Annotated[float, Field(allow_inf_nan=False)]]
    limit: Annotated[float, Field(ge=0.0, le=MAX_LIMIT)]
    false_alarm_rate: Annotated[float, Field(ge=0.0, lt=1.0)]

    @model_validator(mode="after")
    def _tell_every_cue(self) -> Self:
        if set(self.weights) != set(CUES) or set(self.typical) != set(CUES):
            raise ValueError(f"weights and typical values must be of {', '.join(CUES)}")
        return self

    def judge(self, cues: Mapping[str, float]) -> LabelDoubt:
        """Score a frame's cues. A cue that is not finite gives the score 1."""
        total = self.bias + sum(self.weights[name] * cues[name] for name in CUES)
        logit = min(max(total, -MAX_LOGIT), MAX_LOGIT) if np.isfinite(total) else MAX_LOGIT
        cause = max(CUES, key=lambda n: self.weights[n] * (cues[n] - self.typical[n]))
        return LabelDoubt(1 / (1 + exp(-logit)), self.limit, CAUSES[cause])


def label_doubt(model: DoubtModel | None, predicted: Prediction, frame: RgbdFrame) -> LabelDoubt:
    """Doubt about a frame's labels; unproven for an uncalibrated network or no applicator."""
    cues = None if model is None else frame_cues(predicted, frame, model.temperature)
    return UNPROVEN if model is None or cues is None else model.judge(cues)


def frame_cues(
    predicted: Prediction, frame: RgbdFrame, temperature: float
) -> dict[str, float] | None:
    """Cues of one frame by their names; None where no pixel is called applicator."""
    logits, labels = predicted.logits, predicted.small
    is_applicator, is_bed = labels == Label.APPLICATOR.value, labels == Label.TUMOR_BED.value
    if not is_applicator.any():
        return None
    shares = LabelShares.of(labels, frame.depth_raw, frame.color_rgb)
    crop = OutlineCrop.of(labels, frame.depth_raw, frame.color_rgb)
    applicator = wavering(logits, is_applicator, temperature)
    bed = wavering(logits, is_bed, temperature) if is_bed.any() else Wavering(0.0, 0.0, 0.0)
    return {
        "applicator_unsure": applicator.unsure,
        "applicator_entropy": applicator.entropy,
        "energy": applicator.energy,
        "bed_unsure": bed.unsure,
        "no_step": no_step_share(crop),
        "applicator_holes": shares.applicator_holes,
        "bed_holes": shares.bed_holes,
        "dark": shares.dark,
        "bright": shares.bright,
        "blurred": blurred_share(crop),
    }
