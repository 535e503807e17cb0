"""A simulated session as a source: every frame rendered when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from recordings.encoded_picture import as_recorded
from recordings.simulation.bound import noise_bound
from recordings.simulation.companion_catalogue import collared_catalogue
from recordings.simulation.companions import MarkedOutline, plan_toml, rig_toml
from recordings.simulation.fiducial_plate import calibrated_plate, plate_part
from recordings.simulation.native_color import photograph_ring
from recordings.simulation.photograph import photograph
from recordings.simulation.render import Rendering, render
from recordings.simulation.scenarios import Scenario, parse_spec
from recordings.simulation.scene import Scene
from recordings.simulation.staging import Stage, build_stage
from recordings.simulation.stereo_noise import DepthCamera, measure
from recordings.simulation.story import Story, tell
from recordings.simulation.truth import Planned, true_quantities
from recordings.simulation.truth_field import AreaOnBed, true_coverage, true_intrusion_mm
from recordings.source import Freshness, SourceHeader
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.errors import SourceError
from tracking.frame import GroundTruth, RgbdFrame, SourceFrame
from tracking.picture import ColorPicture
from tracking.rig import Fiducial
from tracking.transforms import invert

RECORDED_AT = "2026-01-01T09:00:00Z"  # fixed: an hour after the simulated rig's calibration
TRANSFER_NS = 20_000_000  # exposure to arrival, as a USB camera takes


@dataclass(eq=False)
class SimulatedSource:
    """Frames of one scenario and seed; frame i does not depend on those before it."""

    scenario: Scenario
    seed: int
    story: Story
    stage: Stage
    header: SourceHeader
    with_bound: bool = False
    freshness: Freshness = Freshness.EVERY_FRAME
    n_skipped: int = 0
    damage: str | None = None
    _next_index: int = field(default=0, init=False, repr=False)

    def read(self) -> SourceFrame | None:
        """Render the next frame; None at the end."""
        if self._next_index >= self.scenario.n_frames:
            return None
        frame = self.frame(self._next_index)
        self._next_index += 1
        return frame

    def close(self) -> None:
        """Nothing is held; reading goes no further."""
        self._next_index = self.scenario.n_frames

    def frame(self, index: int) -> SourceFrame:
        """Render frame `index` (0 ..) with its labels and truth."""
        return self.expose(index, self.rendering(index), self.scenario.device.depth_camera)

    def expose(self, index: int, rendering: Rendering, depth_camera: DepthCamera) -> SourceFrame:
        """Take frame `index` of a rendering, which may be another than the story's own."""
        device = self.scenario.device
        rng = np.random.default_rng([self.seed, 3, index])
        stamp_ns = round(index * 1e9 / device.frame_rate_hz)
        frame = RgbdFrame(
            frame_index=index,
            device_serial=device.serial,
            stamp_ns=stamp_ns,
            arrival_ns=stamp_ns + TRANSFER_NS,
            intrinsics=device.intrinsics,
            depth_raw=measure(rendering, device.intrinsics, depth_camera, rng),
            depth_unit_mm=depth_camera.depth_unit_mm,
            color_rgb=photograph(rendering.color_rgb, rng),
        )
        return SourceFrame(
            frame,
            labels=rendering.labels,
            truth=self._truth(index, rendering),
            picture=self._picture(index),
        )

    def _picture(self, index: int) -> ColorPicture | None:
        """The colour camera's own picture of the collar; None where none is worn or in view."""
        time_s, device = self.scenario.story_time_s(index), self.scenario.device
        world_from_applicator = self.story.world_from_applicator(time_s)
        applicator = self.story.applicator
        if applicator.collar is None or device.color is None or world_from_applicator is None:
            return None
        camera_from_world = invert(self._world_from_camera(time_s))
        taken = photograph_ring(
            self._scene(time_s),
            applicator,
            device.color,
            camera_from_world,
            camera_from_world @ world_from_applicator,
            np.random.default_rng([self.seed, 5, index]),
        )
        return None if taken is None else as_recorded(taken)

    def rendering(self, index: int) -> Rendering:
        """Noise-free view of frame `index`."""
        time_s = self.scenario.story_time_s(index)
        device = self.scenario.device
        return render(
            self._scene(time_s), device.intrinsics, invert(self._world_from_camera(time_s))
        )

    def _world_from_camera(self, time_s: float) -> Float:
        return self.story.world_from_head(time_s) @ self.scenario.head_from_camera(time_s)

    def _scene(self, time_s: float) -> Scene:
        scene = self.stage.at(time_s)
        if not self.scenario.has_fiducial:
            return scene
        head = self.story.world_from_head(time_s)
        plate = plate_part(head, self.scenario.device.head_from_camera)
        return replace(scene, parts=(*scene.parts, plate))

    def _truth(self, index: int, rendering: Rendering) -> GroundTruth:
        time_s = self.scenario.story_time_s(index)
        phase = self.story.phase(time_s)
        world_from_applicator = self.story.world_from_applicator(time_s)
        if world_from_applicator is None:
            return GroundTruth(phase=phase)
        device = self.scenario.device
        head_from_applicator = invert(self.story.world_from_head(time_s)) @ world_from_applicator
        camera_from_applicator = (
            invert(self.scenario.head_from_camera(time_s)) @ head_from_applicator
        )
        quantities = true_quantities(
            self.story.applicator,
            head_from_applicator,
            invert(world_from_applicator) @ self.story.world_from_bed(time_s),
            self.story.bed,
            self.story.planned,
        )
        if self.scenario.area is not None:
            quantities |= self._field_truth(self.scenario.area, time_s, world_from_applicator)
        bound = (
            noise_bound(rendering, device.intrinsics, device.depth_camera, camera_from_applicator)
            if self.with_bound
            else None
        )
        return GroundTruth(
            camera_from_applicator=camera_from_applicator,
            quantities=quantities,
            axis_bound_deg=bound.plain_axis_deg if bound else None,
            exit_bound_mm=bound.plain_exit_mm if bound else None,
            phase=phase,
        )

    def _field_truth(
        self, area: AreaOnBed, time_s: float, world_from_applicator: Float
    ) -> dict[str, float]:
        """Coverage and intrusion of a story in which an area is marked."""
        story, world_from_bed = self.story, self.story.world_from_bed(time_s)
        applicator_from_bed = invert(world_from_applicator) @ world_from_bed
        return {
            "coverage_fraction": true_coverage(
                story.applicator, applicator_from_bed, story.bed, area
            ),
            "intrusion_mm": true_intrusion_mm(
                story.applicator,
                world_from_applicator,
                world_from_bed,
                story.bed,
                self.stage.at(time_s).parts,
            ),
        }


def _fiducial(scenario: Scenario) -> Fiducial | None:
    return calibrated_plate(scenario.device.intrinsics) if scenario.has_fiducial else None


def marked_outline(scenario: Scenario, story: Story) -> MarkedOutline | None:
    """Return the scenario's area as drawn on its frame of the survey."""
    if scenario.area is None:
        return None
    time_s = scenario.story_time_s(scenario.marked_frame_index)
    world_from_camera = story.world_from_head(time_s) @ scenario.device.head_from_camera
    camera_from_bed = invert(world_from_camera) @ story.world_from_bed(time_s)
    outline = scenario.area.outline_px(story.bed, camera_from_bed, scenario.device.intrinsics)
    return MarkedOutline(scenario.marked_frame_index, outline)


def open_simulation(
    spec: str, applicators: Mapping[str, Applicator], *, with_bound: bool = False
) -> SimulatedSource:
    """Open `sim:NAME[:SEED]`.

    Raises
    ------
    SourceError
        Unknown scenario, or the scenario's applicator is not among `applicators`.
    """
    scenario, seed = parse_spec(spec)
    applicator = applicators.get(scenario.applicator_id)
    if applicator is None:
        raise SourceError(
            f"scenario '{scenario.name}' needs applicator {scenario.applicator_id}",
            expected=f"{scenario.applicator_id} in the catalogue",
            actual=", ".join(sorted(applicators)) or "an empty catalogue",
            remedy="give a catalogue that has it, or leave --catalogue out",
        )
    if applicator.collar is None and scenario.collar is not None:
        applicator = replace(applicator, collar=scenario.collar)
    story = tell(applicator, Planned(), seed)
    device = scenario.device
    header = SourceHeader(
        uri=spec,
        kind="simulation",
        origin="simulated",
        intrinsics=device.intrinsics,
        depth_unit_mm=device.depth_camera.depth_unit_mm,
        device_name=device.name,
        device_serial=device.serial,
        n_frames=scenario.n_frames,
        frame_rate_hz=device.frame_rate_hz,
        recorded_at=RECORDED_AT,
        embedded=(
            ("rig.toml", rig_toml(device, _fiducial(scenario))),
            ("plan.toml", plan_toml(applicator, story.planned, marked_outline(scenario, story))),
            *collared_catalogue(applicator, applicators),
        ),
    )
    stage = build_stage(story, scenario.camera_azimuth_rad, seed)
    return SimulatedSource(scenario, seed, story, stage, header, with_bound)
