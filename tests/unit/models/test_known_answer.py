"""The question at start: answered alike by the same network, refused from any other."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, numpy_helper
from pydantic import ValidationError

from models.known_answer import (
    EITHER,
    LOGIT_TOLERANCE,
    KnownAnswer,
    Network,
    check_known_answer,
    known_answer,
)
from models.loading import SHIPPED_MANIFEST
from models.manifest import manifest_text, parse_manifest, read_manifest
from models.onnx_segmenter import OnnxSegmenter
from tests.folded_planes import values
from tests.model_files import changed, copy_model
from tracking.arrays import UInt8
from tracking.errors import ConfigurationError

SHAPE = (1, 30, 50, 4)
CHANGE = "does not give its known answer"


def network(question: UInt8) -> NDArray[np.float32]:
    """Four classes from four bytes of a pixel."""
    planes = values(question).transpose(0, 3, 1, 2)
    return np.asarray(planes * 2 + np.roll(planes, 1, axis=1), np.float32)


def off_by(amount: float, at: slice = slice(None)) -> Network:
    def other(planes: UInt8) -> NDArray[np.float32]:
        logits = network(planes)
        logits[:, :, at] += np.float32(amount) * np.arange(4, dtype=np.float32)[:, None, None]
        return logits

    return other


def test_the_same_network_gives_its_answer() -> None:
    answer = known_answer(network, SHAPE)
    assert answer == known_answer(network, SHAPE)
    check_known_answer(answer, network, SHAPE)
    check_known_answer(answer, off_by(1e-5), SHAPE)
    check_known_answer(answer, off_by(LOGIT_TOLERANCE / 3.01), SHAPE)  # of the fourth class


def test_the_question_is_no_constant() -> None:
    answer = known_answer(network, SHAPE)
    labels = np.frombuffer(zlib.decompress(base64.b64decode(answer.labels)), np.uint8)
    assert np.bincount(labels, minlength=4)[:4].min() > 0.02 * labels.size
    assert 0 < (labels == EITHER).mean() < 0.5
    assert np.std(answer.logits) > 0.3


@pytest.mark.parametrize("other", [off_by(0.2), off_by(np.nan), off_by(np.inf), off_by(1e30)])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # infinity times nothing
def test_another_network_is_refused(other: Network) -> None:
    with pytest.raises(ConfigurationError, match=CHANGE):
        check_known_answer(known_answer(network, SHAPE), other, SHAPE)


def test_a_single_logit_that_is_no_number_is_refused() -> None:
    """Where no sample lies, and too few labels to count."""

    def broken(planes: UInt8) -> NDArray[np.float32]:
        logits = network(planes)
        logits[0, 0, 0, 0] = np.nan
        return logits

    answer = known_answer(broken, SHAPE)
    assert np.isfinite(answer.logits).all()
    with pytest.raises(ConfigurationError, match=CHANGE):
        check_known_answer(answer, broken, SHAPE)


def test_other_labels_beside_right_samples_are_refused() -> None:
    """One row in thirty: no sampled logit need lie there, but labels do."""
    answer = known_answer(network, SHAPE)
    logits = known_answer(off_by(5.0, slice(3, 4)), SHAPE).logits
    with pytest.raises(ConfigurationError, match=CHANGE):
        check_known_answer(
            answer.model_copy(update={"logits": logits}), off_by(5.0, slice(3, 4)), SHAPE
        )


def packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode("ascii")


@pytest.mark.parametrize(
    "labels", ["", "!", "AAAA", packed(b""), packed(bytes(1499)), packed(bytes(5_000_000))]
)
def test_labels_that_cannot_be_read_are_refused(labels: str) -> None:
    answer = known_answer(network, SHAPE).model_copy(update={"labels": labels})
    with pytest.raises(ConfigurationError, match="no usable labels"):
        check_known_answer(answer, network, SHAPE)


def test_an_answer_that_leaves_everything_open_is_refused() -> None:
    answer = known_answer(network, SHAPE).model_copy(update={"labels": packed(b"\xff" * 1500)})
    with pytest.raises(ConfigurationError, match=CHANGE):
        check_known_answer(answer, network, SHAPE)


@pytest.mark.parametrize("logits", [(), (0.0,) * 63, (0.0,) * 65, ("0",) * 64])
def test_an_answer_has_a_fixed_number_of_samples(logits: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        KnownAnswer(seed=1, logits=logits, labels="")


def test_the_shipped_manifest_comes_back() -> None:
    manifest = read_manifest(SHIPPED_MANIFEST)
    assert parse_manifest(manifest_text(manifest)) == manifest


def test_a_manifest_without_an_answer_is_refused(tmp_path: Path) -> None:
    manifest = copy_model(tmp_path)
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    del entries["known_answer"]
    manifest.write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="malformed") as caught:
        OnnxSegmenter(manifest)
    assert "known_answer" in str(caught.value)


def test_a_plain_network_that_computes_something_else_is_refused(tmp_path: Path) -> None:
    """Right hash, right structure, right signature; bytes that stand for a fifth more."""

    def scaled(model: ModelProto) -> None:
        (tensor,) = [one for one in model.graph.initializer if one.name == "value_of_a_step"]
        values = numpy_helper.to_array(tensor) * np.float32(1.2)
        tensor.raw_data = values.astype(np.float32).tobytes()

    with pytest.raises(ConfigurationError, match=CHANGE):
        OnnxSegmenter(copy_model(tmp_path, changed(scaled)))
