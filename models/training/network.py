"""The segmentation network: plain convolutions and ReLU, about 2 M weights.

Made of what an 8-bit or bf16 multiplier does best: dense 3x3 and 1x1 convolutions. Encoder to
stride 16 with bottleneck blocks, dilated at the end and joined by the mean of everything, a
light decoder that adds the finer stages back, and a sub-pixel head: features at stride 2
predict the 2x2 pixels under each of them, so that borders are sharp on the whole canvas.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle, relu

from models.features import CHANNELS
from tracking.segmentation import Label

WIDTHS = (16, 64, 128, 224)  # channels at stride 2, 4, 8, 16
DEPTHS = (1, 3, 6)  # blocks at stride 4, 8, 16
DILATIONS = (1, 2, 1, 4)  # at stride 16, in turn: the last one reaches 64 canvas pixels
DECODED = (64, 48)  # channels at stride 8, 4
HEAD_STRIDE = 2


def conv(n_in: int, n_out: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(*normed(n_in, n_out, kernel, stride, dilation), nn.ReLU(inplace=True))


def normed(n_in: int, n_out: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution and batch norm."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(n_out),
    )


class Bottleneck(nn.Module):
    """Narrow to half, look around, widen, add."""

    def __init__(self, n: int, dilation: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(n, n // 2, 1),
            conv(n // 2, n // 2, 3, dilation=dilation),
            normed(n // 2, n, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Same shape in and out."""
        return relu(features + self.body(features))


class Context(nn.Module):
    """What the whole image shows, told to every pixel."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.to_all = nn.Conv2d(n, n, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Same shape in and out."""
        return relu(features + self.to_all(features.mean((2, 3), keepdim=True)))


class Merge(nn.Module):
    """Bring coarse features to the next finer stage and look at both together."""

    def __init__(self, n_coarse: int, n_fine: int, n_out: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(n_coarse, n_out, 1)
        self.fine = nn.Conv2d(n_fine, n_out, 1)
        self.mix = conv(n_out, n_out, 3)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Return features at the fine stage's size."""
        size = (fine.shape[-2], fine.shape[-1])
        grown = interpolate(self.coarse(coarse), size=size, mode="bilinear", align_corners=False)
        result: Tensor = self.mix(relu(grown + self.fine(fine)))
        return result


class SegmentationNet(nn.Module):
    """Planes (n, 10, h, w) to logits (n, 4, h, w); h and w are multiples of 16."""

    def __init__(self) -> None:
        super().__init__()
        w2, w4, w8, w16 = WIDTHS
        n4, n8, n16 = DEPTHS
        at8, at4 = DECODED
        dilations = [DILATIONS[index % len(DILATIONS)] for index in range(n16)]
        self.stage2 = conv(len(CHANNELS), w2, 3, stride=2)
        self.stage4 = nn.Sequential(conv(w2, w4, 3, stride=2), *(Bottleneck(w4) for _ in range(n4)))
        self.stage8 = nn.Sequential(conv(w4, w8, 3, stride=2), *(Bottleneck(w8) for _ in range(n8)))
        self.stage16 = nn.Sequential(
            conv(w8, w16, 3, stride=2), *(Bottleneck(w16, dilation) for dilation in dilations)
        )
        self.context = Context(w16)
        self.to8 = Merge(w16, w8, at8)
        self.to4 = Merge(at8, w4, at4)
        self.to2 = nn.Conv2d(at4, w2 * HEAD_STRIDE**2, 1)
        self.mix2 = conv(w2, w2, 3)
        self.head = nn.Conv2d(w2, len(Label) * HEAD_STRIDE**2, 1)

    def forward(self, planes: Tensor) -> Tensor:
        """Logits of every class at every canvas pixel."""
        at2 = self.stage2(planes)
        at4 = self.stage4(at2)
        at8 = self.stage8(at4)
        at16 = self.context(self.stage16(at8))
        decoded = self.to2(self.to4(self.to8(at16, at8), at4))
        fine = self.mix2(relu(pixel_shuffle(decoded, HEAD_STRIDE) + at2))
        return pixel_shuffle(self.head(fine), HEAD_STRIDE)


def count_weights(network: nn.Module) -> int:
    """Number of trained weights."""
    return sum(parameter.numel() for parameter in network.parameters())


def build_network(seed: int) -> SegmentationNet:
    """A network with seeded initial weights."""
    torch.manual_seed(seed)
    return SegmentationNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
