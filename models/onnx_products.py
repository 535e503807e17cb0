"""How much a network multiplies, told from its sizes before anything is computed.

A small file can ask for hours: one kernel may serve thousands of convolutions, and a pool may look
at the whole image from every pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import NodeProto

Sizes = Mapping[str, tuple[int, ...]]
"""Shape of every tensor by its name."""


def n_products(node: NodeProto, sizes: Sizes) -> int:
    """Products (a pool's: sums) of one node; at most one for each element that it gives, if others.

    A convolution has as many for each output as its kernel has weights for it.
    """
    shapes = [sizes.get(name, ()) for name in node.input]
    n_given = sum(prod(sizes.get(name, ())) for name in node.output if name)
    kernel = prod(n for one in node.attribute if one.name == "kernel_shape" for n in one.ints)
    match node.op_type:
        case "Conv":
            return n_given * prod(shapes[1][1:])
        case "ConvTranspose":
            return prod(shapes[0]) * prod(shapes[1][1:])
        case (
            "MatMul" | "Gemm"
        ):  # either factor may be turned: the longer side bounds what is summed
            return n_given * max(shapes[0], default=1)
        case "MaxPool" | "AveragePool":
            return n_given * kernel
        case "GlobalAveragePool" | "ReduceMean":
            return prod(shapes[0])
        case _:
            return n_given
