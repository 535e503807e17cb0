from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from models.doubt import CAUSES, CUES, DoubtModel, frame_cues, label_doubt
from models.prediction import Prediction
from tracking.arrays import UInt8
from tracking.camera import CameraIntrinsics
from tracking.doubt import STORED_LABELS, UNPROVEN, DoubtCause, LabelDoubt
from tracking.frame import RgbdFrame
from tracking.segmentation import Label

SHAPE = (120, 212)
CONE = (slice(30, 90), slice(90, 120))
TYPICAL = dict.fromkeys(CUES, 0.0)


def _model(limit: float = 0.5, **weights: float) -> DoubtModel:
    return DoubtModel(
        temperature=1.0,
        bias=-3.0,
        weights=dict.fromkeys(CUES, 0.0) | weights,
        typical=TYPICAL,
        limit=limit,
        false_alarm_rate=0.01,
    )


def _prediction(margin: float = 8.0) -> Prediction:
    """A cone in the middle of a bed; the winning class leads by `margin`."""
    labels = np.full(SHAPE, Label.TUMOR_BED, np.uint8)
    labels[CONE] = Label.APPLICATOR
    logits = np.zeros((len(Label), *SHAPE), np.float32)
    for label in Label:
        logits[label][labels == label] = margin
    return Prediction(logits, SHAPE, labels)


def _frame(**changes: UInt8 | NDArray[np.uint16] | None) -> RgbdFrame:
    """The same cone 60 mm before the bed, at 4 times the size, grey on red."""
    depth = np.full(SHAPE, 5000, np.uint16)
    depth[CONE] = 4400
    color = np.full((*SHAPE, 3), (120, 40, 30), np.uint8)
    color[CONE] = 150
    large = (4 * SHAPE[1], 4 * SHAPE[0])
    frame = RgbdFrame(
        frame_index=0,
        device_serial="",
        stamp_ns=0,
        arrival_ns=0,
        intrinsics=CameraIntrinsics(*large, 425.0, 425.0, 423.5, 239.5),
        depth_raw=cv2.resize(depth, large, interpolation=cv2.INTER_NEAREST).astype(np.uint16),
        depth_unit_mm=0.1,
        color_rgb=cv2.resize(color, large, interpolation=cv2.INTER_NEAREST).astype(np.uint8),
    )
    return replace(frame, **changes)  # type: ignore[arg-type]


def _cues(
    prediction: Prediction | None = None, **changes: UInt8 | NDArray[np.uint16] | None
) -> dict[str, float]:
    cues = frame_cues(prediction or _prediction(), _frame(**changes), 1.0)
    assert cues is not None
    return cues


def test_a_clear_frame_has_small_cues_of_every_name() -> None:
    cues = _cues()
    assert set(cues) == set(CUES) == set(CAUSES)
    assert all(value < 0.02 for name, value in cues.items() if name != "energy")


def test_a_wavering_network_raises_its_own_cues_only() -> None:
    clear, wavering = _cues(), _cues(_prediction(margin=0.5))
    raised = {name for name in CUES if wavering[name] > clear[name] + 0.1}
    assert raised == {n for n, cause in CAUSES.items() if cause is DoubtCause.UNFAMILIAR}


def test_temperature_makes_it_less_sure() -> None:
    frame = _frame()
    one, four = frame_cues(_prediction(), frame, 1.0), frame_cues(_prediction(), frame, 4.0)
    assert one is not None
    assert four is not None
    assert four["applicator_unsure"] > one["applicator_unsure"]
    assert four["applicator_entropy"] > one["applicator_entropy"]


def test_a_cone_without_a_step_of_depth_is_a_doubtful_cone() -> None:
    flat = np.full(_frame().depth_raw.shape, 5000, np.uint16)
    assert _cues(depth_raw=flat)["no_step"] == pytest.approx(1.0)


def test_holes_beside_the_outline_are_no_step() -> None:
    holed = np.full(_frame().depth_raw.shape, 5000, np.uint16)
    holed[::12] = 0
    assert _cues(depth_raw=holed)["no_step"] == pytest.approx(1.0)


def test_outline_beside_an_occluder_says_nothing_about_steps() -> None:
    prediction = _prediction()
    small = prediction.small.copy()
    small[:, : CONE[1].start] = Label.OCCLUDER
    small[:, CONE[1].stop :] = Label.OCCLUDER
    ledge = np.full(_frame().depth_raw.shape, 5000, np.uint16)
    ledge[4 * CONE[0].start : 4 * CONE[0].stop] = 4400  # steps above and below, none beside
    assert _cues(depth_raw=ledge)["no_step"] > 0.5
    assert _cues(replace(prediction, small=small), depth_raw=ledge)["no_step"] == 0.0


def test_holes_count_by_label() -> None:
    depth = _frame().depth_raw.copy()
    depth[:, : depth.shape[1] // 2] = 0
    cues = _cues(depth_raw=depth)
    assert 0.3 < cues["applicator_holes"] < 0.7
    assert 0.3 < cues["bed_holes"] < 0.7


@pytest.mark.parametrize(("gain", "cue"), [(0.02, "dark"), (9.0, "bright")])
def test_exposure_shows(gain: float, cue: str) -> None:
    color = _frame().color_rgb
    assert color is not None
    changed = np.clip(color * gain, 0, 255).astype(np.uint8)
    assert _cues(color_rgb=changed)[cue] > 0.05
    assert _cues()[cue] == 0.0


def test_blur_shows() -> None:
    color = _frame().color_rgb
    assert color is not None
    blurred = np.asarray(cv2.GaussianBlur(color, (0, 0), 12.0), np.uint8)
    assert _cues(color_rgb=blurred)["blurred"] > _cues()["blurred"] + 0.2


def test_without_colour_light_says_nothing() -> None:
    cues = _cues(color_rgb=None)
    assert cues["dark"] == cues["bright"] == cues["blurred"] == 0.0


def test_without_an_applicator_or_a_calibration_nothing_is_proven() -> None:
    prediction = _prediction()
    empty = replace(prediction, small=np.zeros_like(prediction.small))
    assert frame_cues(empty, _frame(), 1.0) is None
    assert label_doubt(_model(), empty, _frame()) == UNPROVEN
    assert label_doubt(None, prediction, _frame()) == UNPROVEN
    assert not UNPROVEN.is_believable


@pytest.mark.parametrize("name", CUES)
def test_the_score_never_falls_with_a_cue_and_names_the_largest_contribution(name: str) -> None:
    model = _model(**dict.fromkeys(CUES, 0.1) | {name: 4.0})
    doubts = [model.judge(TYPICAL | {name: value}) for value in (0.0, 0.3, 0.6, 1.0)]
    scores = [doubt.score for doubt in doubts]
    assert all(score is not None for score in scores)
    assert scores == sorted(scores, key=float)  # type: ignore[arg-type]
    assert doubts[-1].cause is CAUSES[name]
    assert doubts[0].is_believable
    assert not doubts[-1].is_believable


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_cues_that_are_no_numbers_are_not_believed(value: float) -> None:
    doubt = _model(dark=1.0).judge(TYPICAL | {"dark": value})
    assert doubt.score is not None
    assert doubt.score > 0.99
    assert not doubt.is_believable


def test_a_limit_or_score_that_is_no_number_is_not_believed() -> None:
    assert not LabelDoubt(0.1, float("nan")).is_believable
    with pytest.raises(ValueError, match="score"):
        LabelDoubt(float("nan"), 0.5)
    assert STORED_LABELS.is_believable


def test_a_model_must_tell_every_cue_and_only_weights_that_are_not_negative() -> None:
    content = _model().model_dump()
    with pytest.raises(ValidationError, match="weights and typical"):
        DoubtModel.model_validate(content | {"typical": {}})
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        DoubtModel.model_validate(content | {"weights": content["weights"] | {"dark": -1.0}})
    for limit in (0.51, 1.0, float("nan")):
        with pytest.raises(ValidationError, match="less than or equal to"):
            DoubtModel.model_validate(content | {"limit": limit})
