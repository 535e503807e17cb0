"""A Rerun recording for engineers: cloud, labels, cone and its residuals, bed, and plots.

The viewer is never started and nothing is sent: a file is written. Space: camera, mm.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.catalogued_cone import catalogued_cone
from pipeline.export.exporter import refuse_existing
from pipeline.export.fitted import bed_triangles, bed_vertices_mm, cone_residuals
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.arrays import Float, UInt8
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
BED_RADII = 1.3  # how far the fitted bed is drawn, in radii of the applicator
FULL_COLOUR_MM = 3.0  # a residual so large has its full colour
BEFORE, BEHIND, ON, BESIDE = ((40, 110, 255), (255, 130, 20), (240, 240, 240), (90, 90, 90))


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
        self._is_open = True
        self._shows_cone = self._shows_bed = self._shows_survey = False
        self._model = catalogued_cone(context.applicator)
        self._begin()

    def emit(self, result: FrameResult) -> None:
        """Log one frame."""
        record = result.record
        self._stream.set_time("frame", sequence=record.frame_index)
        self._stream.set_time("exposure", duration=record.stamp_ns / 1e9)
        planned = self._context.of(result).applicator
        if planned != self._model.applicator:  # the plan was revised
            self._model, self._shows_cone = catalogued_cone(planned), False
        self._picture(result)
        self._cloud(result)
        self._cone(result)
        self._survey(result)
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
                for place in ("camera/applicator", "camera/residuals"):
                    self._stream.log(place, rr.Clear(recursive=True))
            self._shows_cone = False
            return
        placed = rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3])
        self._stream.log("camera/applicator", placed)
        if not self._shows_cone:
            self._shows_cone = True
            length, mesh = self._model.applicator.length_mm, self._model.mesh
            axis = rr.Arrows3D(origins=[(0, 0, 0)], vectors=[(0, 0, length + AXIS_ABOVE_MM)])
            cone = rr.Mesh3D(
                vertex_positions=mesh.vertices_mm,
                triangle_indices=mesh.triangles,
                albedo_factor=(255, 255, 255, 90),
            )
            self._stream.log("camera/applicator/cone", cone)
            self._stream.log("camera/applicator/axis", axis)

        self._residuals(result, pose)

    def _residuals(self, result: FrameResult, pose: Float) -> None:
        """Applicator pixels by how far they lie before (blue) or behind (orange) the model."""
        frame = result.source_frame.frame
        depth = self._context.rig.depth.correct(frame.depth_mm)
        points, residuals = cone_residuals(self._model, pose, frame, result.segmentation, depth)
        misses = np.isnan(residuals)
        shown = residual_colours(residuals)
        self._stream.log("camera/residuals", self._rr.Points3D(points, colors=shown, radii=0.7))
        if not misses.all():
            spread = float(np.median(np.abs(residuals[~misses])))
            self._stream.log("evidence/cone_residual_median_mm", self._rr.Scalars(spread))

    def _bed(self, result: FrameResult) -> None:
        rr, bed = self._rr, result.record.bed
        pose = result.record.registration.camera_from_applicator
        if not bed.is_ok or pose is None:
            if self._shows_bed:
                self._stream.log("camera/bed", rr.Clear(recursive=True))
            self._shows_bed = False
            return
        self._shows_bed = True
        radius = BED_RADII * self._model.applicator.outer_radius_mm
        surface = rr.Mesh3D(
            vertex_positions=bed_vertices_mm(bed, pose, radius),
            triangle_indices=bed_triangles(),
            albedo_factor=(225, 90, 225, 140),
        )
        self._stream.log("camera/bed", surface)

    def _survey(self, result: FrameResult) -> None:
        survey = result.record.survey
        if survey.survey is None or survey.survey_from_camera is None:
            if self._shows_survey:
                self._stream.log("camera/survey", self._rr.Clear(recursive=True))
            self._shows_survey = False
            return
        self._shows_survey = True
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


def residual_colours(residuals_mm: Float) -> UInt8:
    """RGB of every residual, (n, 3): from white on the model to full colour, grey beside it."""
    amount = np.clip(np.abs(residuals_mm) / FULL_COLOUR_MM, 0.0, 1.0)[:, None]
    side = np.where(residuals_mm[:, None] < 0, BEFORE, BEHIND)
    mixed = np.where(np.isnan(amount), BESIDE, ON + amount * (side - np.array(ON)))
    return mixed.astype(np.uint8)
