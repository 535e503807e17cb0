"""Which pixels are bed, applicator and in the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Protocol

import numpy as np

from tracking.arrays import Bool, UInt8, frozen, read_only
from tracking.doubt import UNPROVEN, LabelDoubt
from tracking.extent import Box, bounding_box


class Label(IntEnum):
    """Codes of label images (contract: files written by `--save-masks`).

    Images are compared with a member's `value`: for the member itself numpy would widen the whole
    image to 64 bit first, which takes ten times as long.
    """

    OTHER = 0
    TUMOR_BED = 1
    APPLICATOR = 2
    OCCLUDER = 3


@dataclass(frozen=True)
class EdgeQuality:
    """How well label edges lie on true edges, measured on labelled frames.

    The offset of an edge point is a shift common to the whole edge (1-sigma `bias_px`) plus
    noise of 1-sigma `sigma_px` that agrees over `correlation_px` along the edge.
    """

    sigma_px: float
    correlation_px: float
    bias_px: float

    def of(self, _edge: str) -> EdgeQuality:
        """Of every edge of an outline that was read off labels alone."""
        return self


class OutlineQuality(Protocol):
    """How well each of a cone's edges is told by an outline."""

    def of(self, edge: str, /) -> EdgeQuality:
        """Of the edge of this name."""


EXACT_LABELS = EdgeQuality(  # stored masks: the smoothed pixel grid's steps, as seen on edges
    sigma_px=0.15, correlation_px=3.0, bias_px=0.5
)


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Label image in the depth grid, uint8 (height, width), codes of `Label`.

    `model_id` names what produced it, `edge_quality` says how far the outline may be trusted,
    `doubt` how far the labels as a whole may be believed: not at all, unless whoever made them
    says so.
    """

    labels: UInt8
    model_id: str
    edge_quality: EdgeQuality = EXACT_LABELS
    doubt: LabelDoubt = UNPROVEN

    def __post_init__(self) -> None:
        if self.labels.dtype != np.uint8 or self.labels.ndim != 2:
            raise ValueError(
                f"labels: expected uint8 (height, width), got {self.labels.dtype} "
                f"{self.labels.shape}"
            )
        if self.labels.size and int(self.labels.max()) > max(Label):
            raise ValueError(f"labels: codes are 0..{max(Label)}, got {int(self.labels.max())}")
        object.__setattr__(self, "labels", read_only(self.labels))

    def mask(self, label: Label) -> Bool:
        """Boolean mask of one label."""
        return frozen(self.labels == label.value)

    @cached_property
    def applicator_mask(self) -> Bool:
        """Pixels of the applicator."""
        return self.mask(Label.APPLICATOR)

    @cached_property
    def applicator_box(self) -> Box | None:
        """Rows and columns of the applicator's pixels; None: there are none."""
        return bounding_box(self.applicator_mask)

    @cached_property
    def bed_mask(self) -> Bool:
        """Pixels of the tumor bed."""
        return self.mask(Label.TUMOR_BED)

    @cached_property
    def occluder_mask(self) -> Bool:
        """Pixels of gloves, instruments and retractors."""
        return self.mask(Label.OCCLUDER)
