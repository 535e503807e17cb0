"""A Rerun recording for engineers: cloud, picture, labels, cone, bed, and plots of every figure.

The viewer is never started and nothing is sent: a file is written. Space: camera, mm.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.export.exporter import refuse_existing
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.applicator_mesh import build_mesh
from tracking.decision import Verdict
from tracking.errors import UsageError
from tracking.segmentation import Label

if TYPE_CHECKING:
    import rerun as rr

AXIS_ABOVE_MM = 60.0
STRIDE_PX = 2  # of the cloud: a fourth of the points shows the same
COLOURS = {  # of labels, RGB
    Label.OTHER: (120, 120, 120),
    Label.TUMOR_BED: (225, 90, 225),
    Label.APPLICATOR: (80, 150, 255),
    Label.OCCLUDER: (235, 235, 235),
}
LEVELS = {
    Verdict.READY: "INFO",
    Verdict.HOLD: "WARN",
    Verdict.UNSURE: "WARN",
    Verdict.FAULT: "ERROR",
}
APPLICATION = "applicator_tracking"


class RerunExport:
    """Raises UsageError where the file exists or cannot be made."""

    def __init__(self, path: Path, context: RunContext) -> None:
        if path.exists():
            raise refuse_existing("--rrd", str(path))
        if not path.parent.is_dir():
            raise UsageError(f"--rrd: there is no folder {path.parent}.")
        import rerun

        self._rr: Any = rerun
        self._context = context
        self._stream: rr.RecordingStream = rerun.RecordingStream(
            APPLICATION, recording_id=context.source_uri, send_properties=False
        )
        self._stream.save(str(path))
        self._last_verdict: Verdict | None = None
        self._is_open, self._shows_cone = True, False
        mesh = build_mesh(context.applicator)
        self._mesh = rerun.Mesh3D(
            vertex_positions=mesh.vertices_mm,
            triangle_indices=mesh.triangles,
            albedo_factor=(255, 255, 255, 90),
        )
        self._begin()

    def emit(self, result: FrameResult) -> None:
        """Log one frame."""
        record = result.record
        self._stream.set_time("frame", sequence=record.frame_index)
        self._stream.set_time("exposure", duration=record.stamp_ns / 1e9)
        self._picture(result)
        self._cloud(result)
        self._cone(result)
        self._bed(result)
        self._plots(result)
        decision = record.decision
        if decision.verdict is not self._last_verdict:
            self._last_verdict = decision.verdict
            reasons = ", ".join(str(reason) for reason in decision.reasons)
            level = LEVELS[decision.verdict]
            text = f"{decision.verdict} {reasons}".rstrip()
            self._stream.log("verdict", self._rr.TextLog(text, level=level))

    def close(self) -> None:
        """Finish the file; safe to call twice."""
        if self._is_open:
            self._is_open = False
            self._stream.flush()
            self._stream.disconnect()

    def _begin(self) -> None:
        rr, log = self._rr, self._stream.log
        log("camera", rr.ViewCoordinates.RDF, static=True)
        classes = [(int(label), str(label.name).lower(), COLOURS[label]) for label in Label]
        log("camera/image", rr.AnnotationContext(classes), static=True)
        about = self._context
        text = (
            f"source {about.source_uri} ({about.origin}), plan {about.plan.plan_id}, applicator "
            f"{about.applicator.id}, assumed: {', '.join(about.assumed) or 'nothing'}"
        )
        log("about", rr.TextDocument(text), static=True)

    def _picture(self, result: FrameResult) -> None:
        rr, frame = self._rr, result.source_frame.frame
        k = frame.intrinsics
        pinhole = rr.Pinhole(
            image_from_camera=k.matrix,
            resolution=(k.width, k.height),
            camera_xyz=rr.ViewCoordinates.RDF,
        )
        self._stream.log("camera/image", pinhole)
        if frame.color_rgb is not None:
            self._stream.log("camera/image/colour", rr.Image(frame.color_rgb).compress(90))
        meter = 1.0 / frame.depth_unit_mm  # so that the cloud of it is in mm
        self._stream.log("camera/image/depth", rr.DepthImage(frame.depth_raw, meter=meter))
        labels = rr.SegmentationImage(result.segmentation.labels)
        self._stream.log("camera/image/labels", labels)

    def _cloud(self, result: FrameResult) -> None:
        frame = result.source_frame.frame
        thin = np.s_[::STRIDE_PX, ::STRIDE_PX]
        depth = frame.depth_mm[thin]
        seen = depth > 0
        points = frame.intrinsics.ray_grid[thin][seen] * depth[seen][:, None]
        classes = result.segmentation.labels[thin][seen]
        colors = (
            np.array([COLOURS[Label(int(c))] for c in range(len(COLOURS))], np.uint8)[classes]
            if frame.color_rgb is None
            else frame.color_rgb[thin][seen]
        )
        self._stream.log("camera/cloud", self._rr.Points3D(points, colors=colors, radii=0.6))

    def _cone(self, result: FrameResult) -> None:
        rr, pose = self._rr, result.record.registration.camera_from_applicator
        if pose is None:
            if self._shows_cone:
                self._stream.log("camera/applicator", rr.Clear(recursive=True))
            self._shows_cone = False
            return
        placed = rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3])
        self._stream.log("camera/applicator", placed)
        if not self._shows_cone:
            self._shows_cone = True
            length = self._context.applicator.length_mm
            axis = rr.Arrows3D(origins=[(0, 0, 0)], vectors=[(0, 0, length + AXIS_ABOVE_MM)])
            self._stream.log("camera/applicator/cone", self._mesh)
            self._stream.log("camera/applicator/axis", axis)

    def _bed(self, result: FrameResult) -> None:
        survey = result.record.survey
        if survey.survey is None or survey.survey_from_camera is None:
            return
        points = survey.points_camera_mm(survey.survey.is_bed)
        self._stream.log(
            "camera/survey", self._rr.Points3D(points, colors=(255, 140, 255), radii=0.8)
        )

    def _plots(self, result: FrameResult) -> None:
        rr, record = self._rr, result.record
        for name, measurement in record.alignment.measurements():
            if measurement.value is not None and measurement.sigma is not None:
                self._stream.log(f"quantity/{name}/value", rr.Scalars(measurement.value))
                self._stream.log(f"quantity/{name}/sigma", rr.Scalars(measurement.sigma))
        registration = record.registration
        figures = {
            "inlier_fraction": registration.inlier_fraction,
            "residual_spread": registration.residual_spread,
            "axis_sigma_deg": registration.axis_sigma_deg,
            "exit_sigma_mm": registration.exit_sigma_mm,
            "bed_residual_rms_mm": record.bed.residual_rms_mm,
            "survey_agreement_mm": record.survey.agreement_mm,
            "label_doubt": record.doubt.score,
        }
        for name, value in figures.items():
            if value is not None:
                self._stream.log(f"evidence/{name}", rr.Scalars(value))
        for stage, ms in record.stage_ms.items():
            self._stream.log(f"stage_ms/{stage}", rr.Scalars(ms))
