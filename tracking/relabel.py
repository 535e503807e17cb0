"""What the registered cone knows better than the labels it was registered from.

Networks draw outlines a pixel too thick, call hands that grip the cone the cone, and the gripped
cone a hand. Where the model's surface is predicted and measured depth lies on it, the pixel is
the cone's; where something lies clearly nearer, it is in the way; where the model is missed, the
pixel belongs to what lies beside it, or to the occluder that it hangs together with. What cannot
be told stays as it was labelled: a second cone stays one. Tissue labelled bed stays bed before
the rim: only depth on the model's surface takes it.

Two corrections result. `drawn` follows the predicted outline too, for whoever looks at labels.
`told` holds only what depth tells away from that outline: a prediction is no evidence for the
pose it was made from.

Fails to: the labels as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tracking.arrays import Bool, UInt8, frozen
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.depth_noise import DepthNoise
from tracking.extent import Box
from tracking.kernels import square
from tracking.label_corrections import in_groups, sorted_out, with_labels_beside
from tracking.predicted_pixels import Depth, Places
from tracking.predicted_view import MARGIN_PX, predicted_view
from tracking.registration import Registration
from tracking.segmentation import Label, Segmentation

EDGE_PX = 4  # to either side of the predicted outline: a network's error, what stereo smears
MIN_BESIDE = 6  # neighbours within `MARGIN_PX` that agree
MIN_GROUP = 4  # of the 9 pixels around: fewer are strays
MIN_BLOB_PX = 30  # of an unexplained group: less is left alone
CONTACT_PX = EDGE_PX + 2  # across the outline, where nothing is told
MIN_CONTACT = 0.5  # pixels in contact over the side of a square of the group's size
CONTACT_MM = 8.0  # within one thing over that reach: what is behind a hand starts anew
MAX_CONTRADICTED = 0.25  # of the labelled applicator: beyond, pose and labels are strangers
BACKGROUND = np.array([Label.OTHER, Label.TUMOR_BED, Label.OCCLUDER], np.uint8)


@dataclass(frozen=True, eq=False)
class Relabelled:
    """The corrections of a crop `box` of the label image `given`.

    `told_share`: pixels that depth tells otherwise, over the labelled applicator's.
    """

    given: UInt8
    box: Box
    drawn_crop: UInt8
    told_crop: UInt8
    told_share: float

    @property
    def drawn(self) -> UInt8:
        """The whole label image, corrected up to the predicted outline."""
        return self._pasted(self.drawn_crop)

    @property
    def told(self) -> UInt8:
        """The whole label image with what depth alone tells."""
        return self._pasted(self.told_crop)

    def _pasted(self, crop: UInt8) -> UInt8:
        pasted = self.given.copy()
        pasted[self.box] = crop
        return frozen(pasted)


def relabelled(
    model: ConeModel,
    registration: Registration,
    segmentation: Segmentation,
    depth_mm: Depth,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> Relabelled | None:
    """Correct the labels of a registered frame; `depth_mm` is corrected for the rig's bias.

    None: the pose does not tell where the outline lies, or so much of the labelled applicator
    contradicts it that neither can be held against the other.
    """
    view = predicted_view(model, registration, segmentation, depth_mm, intrinsics, noise)
    if view is None:
        return None
    labels = segmentation.labels[view.box].copy()
    near_inside = np.asarray(cv2.dilate(view.inside, square(EDGE_PX)), np.uint8)
    near, far, gained, hiding, n_nearer = sorted_out(
        view.places, view.labels, view.codes, near_inside
    )
    n_applicator = max(1, int(np.count_nonzero(labels == Label.APPLICATOR.value)))
    if not n_nearer + len(far) <= MAX_CONTRADICTED * n_applicator:
        return None
    gained = in_groups(gained, labels, Label.APPLICATOR.value, MIN_GROUP)
    hiding = in_groups(hiding, labels, Label.OCCLUDER.value, MIN_GROUP)
    told = labels.copy()
    is_inner = cv2.erode(view.inside, square(EDGE_PX)).reshape(-1)[gained] > 0
    _set(told, gained[is_inner], Label.APPLICATOR)
    _set(told, hiding, Label.OCCLUDER)
    if len(far) >= MIN_BLOB_PX:
        _set(told, _held_together(told, depth_mm[view.box], far), Label.OCCLUDER)
    n_told = int(np.count_nonzero(told != labels))
    drawn = told.copy()
    _set(drawn, gained, Label.APPLICATOR)
    drawn = with_labels_beside(drawn, near, BACKGROUND, MARGIN_PX, MIN_BESIDE)
    return Relabelled(segmentation.labels, view.box, drawn, told, n_told / n_applicator)


def _set(labels: UInt8, places: Places, label: Label) -> None:
    labels.reshape(-1)[places] = label.value


def _held_together(labels: UInt8, depth: Depth, places: Places) -> Places:
    """Those of the places whose group hangs together with an occluder, without a step in depth.

    A group that only brushes one is none of it.
    """
    group = np.zeros(labels.shape, np.uint8)
    group.reshape(-1)[places] = 1
    n_groups, numbers, stats, _ = cv2.connectedComponentsWithStats(group, connectivity=4)
    is_occluder = (labels == Label.OCCLUDER.value) & (depth > 0)
    reach = square(CONTACT_PX)
    farthest = cv2.dilate(np.where(is_occluder, depth, np.float32(0)), reach)
    nearest = cv2.erode(np.where(is_occluder, depth, np.float32(np.inf)), reach)
    touches = (depth > nearest - CONTACT_MM) & (depth < farthest + CONTACT_MM) & (depth > 0)
    contacts = np.bincount(numbers[touches], minlength=n_groups)
    sizes = stats[:, cv2.CC_STAT_AREA]
    belongs = (sizes >= MIN_BLOB_PX) & (contacts >= MIN_CONTACT * np.sqrt(sizes))
    belongs[0] = False  # no group
    is_held: Bool = belongs[numbers.reshape(-1)[places]]
    return places[is_held]
