"""The segmentation network: plain convolutions and ReLU, about 0.5 M weights.

Encoder to stride 16 with inverted residuals, one global gate for context, a light decoder that
adds the finer stages back, and a sub-pixel head: the finest features (stride 2) predict the
2x2 pixels under each of them, so that borders are sharp at full canvas resolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate, pixel_shuffle

from models.features import CHANNELS
from tracking.segmentation import Label

WIDTHS = (16, 32, 64, 112)  # channels at stride 2, 4, 8, 16
DEPTHS = (1, 3, 4)  # residual blocks at stride 4, 8, 16
HEAD_STRIDE = 2


def conv(n_in: int, n_out: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(inplace=True),
    )


def depthwise(n: int, kernel: int, dilation: int = 1) -> nn.Sequential:
    """Depthwise convolution, batch norm, ReLU."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(n, n, kernel, 1, padding, dilation, groups=n, bias=False),
        nn.BatchNorm2d(n),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Inverted residual: widen, look around, narrow, add."""

    def __init__(self, n: int, expansion: int, dilation: int = 1) -> None:
        super().__init__()
        wide = n * expansion
        self.body = nn.Sequential(
            conv(n, wide, 1),
            depthwise(wide, 5, dilation),
            nn.Conv2d(wide, n, 1, bias=False),
            nn.BatchNorm2d(n),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Same shape in and out."""
        result: Tensor = features + self.body(features)
        return result


class Merge(nn.Module):
    """Bring coarse features to the next finer stage and look at both together."""

    def __init__(self, n_coarse: int, n_fine: int, n_out: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(n_coarse, n_out, 1)
        self.fine = nn.Conv2d(n_fine, n_out, 1)
        self.mix = nn.Sequential(nn.ReLU(inplace=True), depthwise(n_out, 3), conv(n_out, n_out, 1))

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Return features at the fine stage's size."""
        size = (fine.shape[-2], fine.shape[-1])
        grown = interpolate(self.coarse(coarse), size=size, mode="bilinear", align_corners=False)
        result: Tensor = self.mix(grown + self.fine(fine))
        return result


class SegmentationNet(nn.Module):
    """Planes (n, 8, h, w) to logits (n, 4, h, w); h and w are multiples of 16."""

    def __init__(self) -> None:
        super().__init__()
        w2, w4, w8, w16 = WIDTHS
        self.stage2 = nn.Sequential(
            conv(len(CHANNELS), w2, 3, stride=2), depthwise(w2, 3), conv(w2, w2, 1)
        )
        self.stage4 = nn.Sequential(
            conv(w2, w4, 3, stride=2), *(Residual(w4, 2) for _ in range(DEPTHS[0]))
        )
        self.stage8 = nn.Sequential(
            conv(w4, w8, 3, stride=2), *(Residual(w8, 3) for _ in range(DEPTHS[1]))
        )
        self.stage16 = nn.Sequential(
            conv(w8, w16, 3, stride=2),
            *(Residual(w16, 3, dilation=1 + index % 2) for index in range(DEPTHS[2])),
        )
        self.gate = nn.Sequential(nn.Conv2d(w16, w16, 1), nn.Sigmoid())
        self.to8 = Merge(w16, w8, 64)
        self.to4 = Merge(64, w4, 48)
        self.to2 = Merge(48, w2, 32)
        self.head = nn.Conv2d(32, len(Label) * HEAD_STRIDE**2, 1)

    def forward(self, planes: Tensor) -> Tensor:
        """Logits of every class at every canvas pixel."""
        at2 = self.stage2(planes)
        at4 = self.stage4(at2)
        at8 = self.stage8(at4)
        at16 = self.stage16(at8)
        context = at16 * self.gate(adaptive_avg_pool2d(at16, 1))
        features = self.to2(self.to4(self.to8(context, at8), at4), at2)
        return pixel_shuffle(self.head(features), HEAD_STRIDE)


def count_weights(network: nn.Module) -> int:
    """Number of trained weights."""
    return sum(parameter.numel() for parameter in network.parameters())


def build_network(seed: int) -> SegmentationNet:
    """A network with seeded initial weights."""
    torch.manual_seed(seed)
    return SegmentationNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
