"""The segmentation network: plain convolutions and ReLU, about 1 M weights.

Made of what an 8-bit or bf16 multiplier does best: dense 3x3 and 1x1 convolutions on many
channels. The first one reads four pixels' planes at a time and goes to stride 4 at once; bottleneck
blocks follow to stride 16, dilated at the end and joined by the mean of everything; a light decoder
adds the finer stages back, and the head predicts the 4x4 pixels under each place at stride 4:
nothing is ever as large as the canvas.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle, relu

from models.features import CHANNELS
from models.folded_logits import BLOCK
from models.plane_loops import FOLD, ZERO
from tracking.segmentation import Label

WIDTHS = (48, 96, 192)  # channels at stride 4, 8, 16
DEPTHS = (1, 2, 6)  # blocks at stride 4, 8, 16
DILATIONS = (1, 2, 1, 4)  # at stride 16, in turn: the last one reaches 64 canvas pixels
DECODED = (64, 48, 64)  # channels at stride 8, at 4, and before the head


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

    def __init__(self, n_coarse: int, n_fine: int, n_both: int, n_out: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(n_coarse, n_both, 1)
        self.fine = nn.Conv2d(n_fine, n_both, 1)
        self.mix = conv(n_both, n_out, 3)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Return features at the fine stage's size."""
        size = (fine.shape[-2], fine.shape[-1])
        grown = interpolate(self.coarse(coarse), size=size, mode="bilinear", align_corners=False)
        result: Tensor = self.mix(relu(grown + self.fine(fine)))
        return result


class SegmentationNet(nn.Module):
    """Folded planes (n, 40, h / 2, w / 2) to logits (n, 4, h, w); h and w are multiples of 16."""

    def __init__(self) -> None:
        super().__init__()
        w4, w8, w16 = WIDTHS
        n4, n8, n16 = DEPTHS
        at8, at4, at_head = DECODED
        dilations = [DILATIONS[index % len(DILATIONS)] for index in range(n16)]
        n_read = len(CHANNELS) * FOLD**2
        self.stage4 = nn.Sequential(
            conv(n_read, w4, 3, stride=2), *(Bottleneck(w4) for _ in range(n4))
        )
        self.stage8 = nn.Sequential(conv(w4, w8, 3, stride=2), *(Bottleneck(w8) for _ in range(n8)))
        self.stage16 = nn.Sequential(
            conv(w8, w16, 3, stride=2), *(Bottleneck(w16, dilation) for dilation in dilations)
        )
        self.context = Context(w16)
        self.to8 = Merge(w16, w8, at8, at8)
        self.to4 = Merge(at8, w4, at4, at_head)
        self.head = nn.Conv2d(at_head, len(Label) * BLOCK**2, 1)

    def forward(self, values: Tensor) -> Tensor:
        """Logits of every class at every canvas pixel."""
        return pixel_shuffle(self.blocks(values), BLOCK)

    def blocks(self, values: Tensor) -> Tensor:
        """The same folded: (n, 4 * 4 * 4, h / 4, w / 4), see `models.folded_logits`."""
        at4 = self.stage4(values)
        at8 = self.stage8(at4)
        at16 = self.context(self.stage16(at8))
        result: Tensor = self.head(self.to4(self.to8(at16, at8), at4))
        return result


def values_of(planes: Tensor, kind: torch.dtype = torch.float32) -> Tensor:
    """Bytes of folded planes (n, h / 2, w / 2, 40) as values (n, 40, h / 2, w / 2) from -1 to 1.

    Of every `kind` that holds eight bits exactly: bf16 does.
    """
    return (planes.permute(0, 3, 1, 2).to(kind) - ZERO) / ZERO


def build_network(seed: int) -> SegmentationNet:
    """A network with seeded initial weights."""
    torch.manual_seed(seed)
    return SegmentationNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
