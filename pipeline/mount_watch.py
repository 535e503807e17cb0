"""What each frame must prove anew of the camera: that it is the rig's, and sits where it was."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tracking.fiducial import FiducialState, FiducialStatus, watch
from tracking.frame import SourceFrame
from tracking.rig import Rig
from tracking.second_opinion import picture_of
from tracking.snapshot import Evidence, SessionEvidence

_EVIDENCE = {
    FiducialStatus.IN_PLACE: Evidence.PROVEN,
    FiducialStatus.MOVED: Evidence.FAILED,
    FiducialStatus.CANNOT_TELL: Evidence.MISSING,
}


@dataclass(eq=False)
class MountWatch:
    """Watches the rig's fiducial from frame to frame."""

    rig: Rig
    _state: FiducialState = field(default_factory=FiducialState, init=False)

    def forget(self) -> None:
        """Begin anew: what is remembered belongs to other frames."""
        self._state = FiducialState()

    def seen(
        self,
        evidence: SessionEvidence,
        source_frame: SourceFrame,
        depth_mm: NDArray[np.float32],
    ) -> SessionEvidence:
        """The session's evidence with this frame's. `depth_mm` is without the rig's bias."""
        rig, frame = self.rig, source_frame.frame
        is_serial_proven = evidence.camera_serial is Evidence.PROVEN  # by the header
        if is_serial_proven and frame.device_serial != rig.camera_serial:
            evidence = replace(evidence, camera_serial=Evidence.FAILED)
        if rig.fiducial is None:
            return evidence
        check, self._state = watch(
            rig.fiducial,
            depth_mm,
            frame.intrinsics,
            rig.depth,
            None if rig.fiducial.marker is None else picture_of(source_frame),
            frame.stamp_ns,
            self._state,
        )
        return replace(evidence, fiducial=_EVIDENCE[check.status])
