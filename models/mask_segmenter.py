"""Label images that the source stores beside its frames (`--segmenter masks`)."""

from __future__ import annotations

import numpy as np

from models.nearness import within
from models.segmenter import Ahead
from tracking.arrays import Float, UInt8
from tracking.doubt import STORED_LABELS
from tracking.errors import SourceError
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Label, Segmentation

MODEL_ID = "masks"
BED_DISTANCE_MM = 150.0  # contract: bed where a source labels the applicator only


class MaskSegmenter:
    """Passes stored labels on; no stored labels means no applicator.

    Where the source labels the applicator only, the bed is every other pixel with depth
    within 150 mm (3D, exact) of a measured point of the applicator.
    """

    @property
    def model_id(self) -> str:
        """Constant: the labels belong to the source."""
        return MODEL_ID

    def look_ahead(self, _frame: RgbdFrame) -> Ahead:
        """Nothing: the labels are there."""
        return None

    def segment(self, source_frame: SourceFrame, _ahead: Ahead = None) -> Segmentation:
        """Return the frame's own labels, completed by a bed where they tell none.

        Raises
        ------
        SourceError
            The source has labels for this frame that cannot be read.
        """
        frame, labels = source_frame.frame, source_frame.labels
        if source_frame.labels_fault:
            raise SourceError(
                f"the stored labels of frame {frame.frame_index} cannot be used",
                actual=source_frame.labels_fault,
                remedy="restore the image, or segment with the network (--segmenter onnx)",
            )
        if labels is None:
            return Segmentation(np.zeros(frame.intrinsics.shape, np.uint8), MODEL_ID)
        if not source_frame.labels_tell_bed:
            labels = _with_bed_around(frame, labels)
        return Segmentation(labels, MODEL_ID, doubt=STORED_LABELS)


def _with_bed_around(frame: RgbdFrame, labels: UInt8) -> UInt8:
    """Applicator as labelled, bed around it, nothing else."""
    is_applicator = labels == Label.APPLICATOR.value
    has_depth = frame.depth_raw > 0
    is_candidate = has_depth & ~is_applicator
    points_mm: Float = frame.intrinsics.ray_grid * frame.depth_mm[..., None]
    completed = np.zeros_like(labels)
    completed[is_applicator] = Label.APPLICATOR
    near = within(points_mm[is_candidate], points_mm[is_applicator & has_depth], BED_DISTANCE_MM)
    completed[is_candidate] = np.where(near, np.uint8(Label.TUMOR_BED), np.uint8(Label.OTHER))
    return completed
