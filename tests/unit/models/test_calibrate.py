from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.doubt import CUES, DoubtModel
from models.loading import SHIPPED_MANIFEST
from models.manifest import Manifest, manifest_text, parse_manifest
from models.onnx_segmenter import OnnxSegmenter
from models.training.calibrate import Calibration, figures
from models.training.calibration_frames import PIXELS_PER_FRAME, judged, sampled_pixels
from models.training.calibration_plot import draw_calibration
from models.training.reliability import reliability
from recordings.simulation.source import open_simulation
from tracking.applicator import Applicator
from tracking.frame import SourceFrame
from tracking.segmentation import Label

CONE = Applicator("MOB-D60-B0", "mobetron", 60.0, 2.0, 300.0, 0.0, 110.0, 20.0)
HELD, SURVEY = 120, 3  # frames of the story: docked, and before the cone came


@pytest.fixture(scope="module")
def segmenter() -> OnnxSegmenter:
    return OnnxSegmenter(SHIPPED_MANIFEST)


@pytest.fixture(scope="module")
def docked() -> SourceFrame:
    return open_simulation("sim:docking-small:0", {CONE.id: CONE}).frame(HELD)


def _calibration(segmenter: OnnxSegmenter) -> Calibration:
    assert segmenter.manifest.doubt is not None
    rng = np.random.default_rng(3)
    confidence = rng.uniform(0.3, 1.0, 500)
    table = reliability(confidence, rng.random(500) < confidence)
    return Calibration(
        doubt=segmenter.manifest.doubt,
        before=table,
        after=table,
        good=rng.uniform(0.0, 0.6, 40),
        bad=rng.uniform(0.3, 1.0, 20),
        disturbed_bad=np.zeros(0),
        disturbed_good=rng.uniform(0.0, 0.2, 10),
        n_silent=4,
    )


def test_the_shipped_model_is_calibrated_and_believes_a_docked_frame(
    segmenter: OnnxSegmenter, docked: SourceFrame
) -> None:
    doubt = segmenter.segment(docked).doubt
    assert doubt.is_believable
    assert doubt == segmenter.segment(docked).doubt


def test_an_uncalibrated_model_vouches_for_nothing(docked: SourceFrame, tmp_path: Path) -> None:
    manifest = parse_manifest(SHIPPED_MANIFEST.read_text(encoding="utf-8"))
    weights = SHIPPED_MANIFEST.with_name(manifest.file)
    (tmp_path / manifest.file).write_bytes(weights.read_bytes())
    bare = manifest.model_copy(update={"doubt": None})
    (tmp_path / "m.json").write_text(manifest_text(bare), encoding="utf-8")
    found = OnnxSegmenter(tmp_path / "m.json").segment(docked)
    assert found.applicator_mask.any()
    assert not found.doubt.is_believable


def test_a_manifest_keeps_its_calibration_to_the_last_digit(segmenter: OnnxSegmenter) -> None:
    manifest: Manifest = parse_manifest(manifest_text(segmenter.manifest))
    assert manifest == segmenter.manifest
    assert isinstance(manifest.doubt, DoubtModel)


def test_judged_frames_have_every_cue_and_their_overlap(
    segmenter: OnnxSegmenter, docked: SourceFrame
) -> None:
    found = judged(segmenter, docked, 1.0)
    assert found is not None
    assert set(found.cues) == set(CUES)
    mask = segmenter.segment(docked).applicator_mask
    truth = docked.labels == Label.APPLICATOR
    assert found.iou == pytest.approx((mask & truth).sum() / (mask | truth).sum())
    survey = open_simulation("sim:docking-small:0", {CONE.id: CONE}).frame(SURVEY)
    assert judged(segmenter, survey, 1.0) is None


def test_sampled_pixels_are_seeded_and_mostly_right(
    segmenter: OnnxSegmenter, docked: SourceFrame
) -> None:
    one, other = (sampled_pixels(segmenter, docked, 5) for _ in range(2))
    assert one.logits.shape == (PIXELS_PER_FRAME, len(Label))
    assert np.array_equal(one.logits, other.logits)
    assert np.mean(one.logits.argmax(axis=1) == one.truth) > 0.9  # a frame the network knows


def test_figures_are_plain_and_the_picture_is_drawn(
    segmenter: OnnxSegmenter, tmp_path: Path
) -> None:
    found = _calibration(segmenter)
    told = json.loads(json.dumps(figures(found), allow_nan=False))
    assert told["scenes"]["n_bad"] == 20
    assert told["disturbed"]["auroc"] is None
    assert told["disturbed"]["n_unscored"] == 4
    draw_calibration(found, tmp_path / "c.png")
    assert (tmp_path / "c.png").stat().st_size > 10_000
