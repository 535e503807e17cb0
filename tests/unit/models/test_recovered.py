"""Weights read back from an exported file; needs the training extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.known_answer import Network  # noqa: E402 - after the check for torch
from models.loading import SHIPPED_MANIFEST  # noqa: E402
from models.session import load_session, network_of  # noqa: E402
from models.training.network import build_network, values_of  # noqa: E402
from models.training.onnx_graph import with_norms_fused  # noqa: E402
from models.training.recovered import Arrays, exported_weights, load_exported  # noqa: E402
from tracking.errors import FaultError  # noqa: E402

if TYPE_CHECKING:
    from torch import Tensor, nn

SHIPPED = SHIPPED_MANIFEST.with_suffix(".onnx").read_bytes()
SIZE = (32, 48)
SAME_LOGITS = 1e-3  # another order of sums


def examples(n: int) -> Tensor:
    generator = torch.Generator().manual_seed(n)
    return torch.randn((n, 40, *SIZE), generator=generator)


def fused_weights(network: nn.Module) -> Arrays:
    return {name: one.numpy() for name, one in with_norms_fused(network).state_dict().items()}


def test_recovered_weights_compute_what_the_network_did() -> None:
    trained = build_network(5)
    with torch.no_grad():
        for seed in (3, 4):
            trained(examples(seed))  # statistics unlike the first ones
    trained.eval()
    again = build_network(6)
    load_exported(again, fused_weights(trained), [examples(8)])
    again.eval()
    with torch.no_grad():
        planes = examples(2)
        assert float((again(planes) - trained(planes)).abs().max()) < SAME_LOGITS


def test_learning_starts_where_the_file_ended() -> None:
    """Images like those that the statistics were taken of: their own are the stored ones."""
    trained = build_network(5).eval()
    again, planes = build_network(6), examples(8)
    load_exported(again, fused_weights(trained), [planes])
    with torch.no_grad():
        assert again.training
        assert float((again(planes) - trained(planes)).abs().max()) < 10 * SAME_LOGITS


def test_shipped_weights_are_read_to_the_rounding_of_8_bits() -> None:
    network = build_network(1)
    load_exported(network, exported_weights(SHIPPED), [examples(2)])
    network.eval()
    planes = np.random.default_rng(1).integers(0, 256, (1, 120, 216, 40)).astype(np.uint8)
    with torch.no_grad():
        ours = network(values_of(torch.from_numpy(planes)))[0].argmax(0).numpy()
    theirs = shipped_network()(planes)[0].argmax(0)
    assert float((ours == theirs).mean()) > 0.95


def shipped_network() -> Network:
    _, session = load_session(SHIPPED_MANIFEST)
    return network_of(session)


def test_weights_of_another_network_are_refused() -> None:
    weights = exported_weights(SHIPPED)
    missing = {name: array for name, array in weights.items() if name != "head.weight"}
    with pytest.raises(FaultError, match="another network"):
        load_exported(build_network(1), missing, [])
    with pytest.raises(FaultError, match="another network"):
        load_exported(build_network(1), weights | {"extra.weight": weights["head.bias"]}, [])
