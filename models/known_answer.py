"""A question that every model file carries the answer to, asked each time it is loaded.

The hash proves that the bytes are the exported ones; this proves that this machine's runtime
computes with them what the exporting one did.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.strict import StrictModel
from tracking.arrays import UInt8
from tracking.errors import ConfigurationError

Network = Callable[[UInt8], NDArray[np.float32]]
"""Bytes (1, n_rows, n_columns, n_bytes) to logits (1, n_classes, height, width)."""

SEED = 20260101
N_SAMPLES = 64  # logits that are compared
COARSE = (6, 9)  # cells of the random input: smooth blobs, so that labels are, and shrink well
LOGIT_TOLERANCE = 0.2  # orders of sums give 1e-5; 8-bit kernels against simulated ones 0.1
TIE_MARGIN = 0.3  # between the two best classes: less may fall either way with 8-bit kernels
EITHER = 255  # label of such pixels: not compared
MIN_AGREEMENT = 0.999  # of the labels of all other pixels
MAX_PACKED = 20_000  # characters: a label image of blobs takes a tenth


class KnownAnswer(StrictModel):
    """Seed of the input, sampled logits, and the label image (`EITHER` where it is close)."""

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    logits: Annotated[tuple[float, ...], Field(min_length=N_SAMPLES, max_length=N_SAMPLES)]
    labels: Annotated[str, Field(max_length=MAX_PACKED)]  # uint8 pixels: zlib, base64


def known_answer(network: Network, input_shape: tuple[int, int, int, int]) -> KnownAnswer:
    """Ask `network` the question and keep its answer."""
    logits = network(_question(SEED, input_shape))[0]
    labels = logits.argmax(axis=0).astype(np.uint8)
    best = np.sort(logits, axis=0)
    labels[~(best[-1] - best[-2] >= TIE_MARGIN)] = EITHER
    return KnownAnswer(
        seed=SEED,
        logits=tuple(round(float(value), 5) for value in _sampled(SEED, logits)),
        labels=base64.b64encode(zlib.compress(labels.tobytes(), 9)).decode("ascii"),
    )


def check_known_answer(
    answer: KnownAnswer, network: Network, input_shape: tuple[int, int, int, int]
) -> None:
    """Ask again and compare.

    Raises
    ------
    ConfigurationError
        Other logits or labels, not finite ones, or an answer that cannot be read.
    """
    logits = network(_question(answer.seed, input_shape))[0]
    expected = _unpacked(answer.labels, (logits.shape[1], logits.shape[2]))
    difference = float(np.abs(_sampled(answer.seed, logits) - np.array(answer.logits)).max())
    is_sure = expected != EITHER
    n_equal = int((logits.argmax(axis=0) == expected)[is_sure].sum())
    agreement = n_equal / max(int(is_sure.sum()), 1)
    is_finite = bool(np.isfinite(logits).all())
    if not (is_finite and difference <= LOGIT_TOLERANCE and agreement >= MIN_AGREEMENT):
        raise ConfigurationError(
            "the network does not give its known answer on this machine",
            expected=f"logits within {LOGIT_TOLERANCE}, {MIN_AGREEMENT:.1%} equal labels",
            actual=f"logits off by {difference:.3g}, {agreement:.2%} equal labels",
            remedy="restore the weights folder and the locked packages (make setup); where both "
            "are right, this processor computes wrongly: do not use it",
        )


def _question(seed: int, shape: tuple[int, int, int, int]) -> UInt8:
    """Smooth random bytes, plain arithmetic alone: the same ones on every machine."""
    rng = np.random.default_rng([seed, 0xA5])
    coarse = rng.uniform(0.0, 256.0, (*COARSE, shape[3]))
    rows, columns = (_linear(n, cells) for n, cells in zip(shape[1:3], COARSE, strict=True))
    fine = np.einsum("hr,rkc,wk->hwc", rows, coarse, columns)
    return np.ascontiguousarray(fine[None], dtype=np.uint8)


def _linear(n: int, n_cells: int) -> NDArray[np.float64]:
    """(n, n_cells): weights that interpolate `n` points linearly between the cells."""
    at = np.linspace(0, n_cells - 1, n)[:, None]
    return np.maximum(0.0, 1.0 - np.abs(at - np.arange(n_cells)))


def _sampled(seed: int, logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits at random places of random classes."""
    at = np.random.default_rng([seed, 0x5A]).integers(0, logits.size, N_SAMPLES)
    return logits.ravel()[at].astype(np.float64)


def _unpacked(text: str, shape: tuple[int, int]) -> UInt8:
    """Label image of exactly `shape`; never inflates more than that."""
    n_pixels = shape[0] * shape[1]
    try:
        packed = base64.b64decode(text, validate=True)
        content = zlib.decompressobj().decompress(packed, n_pixels + 1)
    except (ValueError, zlib.error) as error:
        content, reason = b"", str(error)
    else:
        reason = f"{len(content)} pixels"
    if len(content) != n_pixels:
        raise ConfigurationError(
            "the manifest's known answer has no usable labels",
            expected=f"{n_pixels} pixels",
            actual=reason,
            remedy="restore the weights folder from a release",
        )
    return np.frombuffer(content, np.uint8).reshape(shape)
