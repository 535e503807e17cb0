"""One RGB-D exposure as it flows through the pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8, UInt16, frozen, image_array
from tracking.camera import CameraIntrinsics
from tracking.picture import ColorPicture
from tracking.transforms import check_transform


@dataclass(frozen=True, eq=False)
class RgbdFrame:
    """Native raw depth with its unit, and colour warped to the depth grid.

    Attributes
    ----------
    frame_index : int
        The device's frame counter (recordings: the recorded one), rising.
    device_serial : str
        Empty where the source cannot carry one.
    stamp_ns, arrival_ns : int
        Exposure on the device's clock mapped to the host, and arrival at the host.
    depth_raw : uint16 (height, width)
        0 means no depth; depth in mm is `depth_raw * depth_unit_mm`.
    color_rgb : uint8 (height, width, 3) or None
        In the depth grid; None where the recording leaves colour out.
    """

    frame_index: int
    device_serial: str
    stamp_ns: int
    arrival_ns: int
    intrinsics: CameraIntrinsics
    depth_raw: UInt16
    depth_unit_mm: float
    color_rgb: UInt8 | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.depth_unit_mm) and self.depth_unit_mm > 0):
            raise ValueError(f"depth_unit_mm must be positive, got {self.depth_unit_mm}")
        shape = self.intrinsics.shape
        object.__setattr__(
            self, "depth_raw", image_array("depth_raw", self.depth_raw, np.uint16, shape)
        )
        if self.color_rgb is not None:
            color = image_array("color_rgb", self.color_rgb, np.uint8, (*shape, 3))
            object.__setattr__(self, "color_rgb", color)

    def with_color(self, color_rgb: UInt8 | None) -> RgbdFrame:
        """The same exposure with other colour; what was worked out of its depth comes along."""
        other = replace(self, color_rgb=color_rgb)
        known = vars(self)
        for name in ("depth_mm", "depth_sha256"):
            if name in known:
                vars(other)[name] = known[name]
        return other

    @cached_property
    def depth_mm(self) -> NDArray[np.float32]:
        """Depth in mm, float32 (height, width), 0 where there is none, uncorrected."""
        return frozen(self.depth_raw * np.float32(self.depth_unit_mm))

    @cached_property
    def depth_sha256(self) -> str:
        """Content hash of the raw depth: two live depth frames are never bit-identical."""
        return hashlib.sha256(np.ascontiguousarray(self.depth_raw).data).hexdigest()


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """What a labelled or simulated source knows about one frame. Never seen by an estimator.

    Attributes
    ----------
    camera_from_applicator : (4, 4) or None
        None while no applicator is in the scene.
    quantities : mapping
        True values of the quantities of DESIGN section 2, by their record names.
    axis_bound_deg, exit_bound_mm : float or None
        What least squares over all applicator pixels alike reaches with this depth noise (roots
        of the largest eigenvalues). Whitening the noise, or the silhouette, could do better.
    phase : str
        Name of the story's phase, "" outside a story.
    """

    camera_from_applicator: Float | None = None
    quantities: Mapping[str, float] = field(default_factory=dict)
    axis_bound_deg: float | None = None
    exit_bound_mm: float | None = None
    phase: str = ""

    def __post_init__(self) -> None:
        if self.camera_from_applicator is not None:
            pose = check_transform("camera_from_applicator", self.camera_from_applicator)
            object.__setattr__(self, "camera_from_applicator", pose)


@dataclass(frozen=True)
class LiveNotes:
    """What the recording of a live session keeps of a frame's decision, as JSON.

    `around` is what the session handed to the kernel, `record` what became of it. No estimator
    sees them.
    """

    around: str
    record: str


@dataclass(frozen=True, eq=False)
class SourceFrame:
    """A frame with what its source stores beside it: label image and ground truth.

    `labels` are codes of `tracking.segmentation.Label`, uint8 (height, width), in the depth grid.
    `labels_tell_bed` is False where the source labels the applicator only. `labels_fault` says
    why stored labels could not be read ("": no fault); whoever needs them must refuse the frame.
    `picture` is the colour camera's own, of the same exposure; None where the source has none.
    `live` comes from recordings of live sessions alone.
    """

    frame: RgbdFrame
    labels: UInt8 | None = None
    labels_tell_bed: bool = True
    truth: GroundTruth | None = None
    labels_fault: str = ""
    picture: ColorPicture | None = None
    live: LiveNotes | None = None

    def __post_init__(self) -> None:
        if self.labels is not None and self.labels_fault:
            raise ValueError("labels that could not be read are None")
        if self.labels is not None:
            shape = self.frame.intrinsics.shape
            object.__setattr__(self, "labels", image_array("labels", self.labels, np.uint8, shape))
