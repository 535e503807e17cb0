"""The daily QA's set-up, simulated: a cone that stands in a fixed place on a flat plate.

One view is rendered, and every frame draws the sensor's noise anew: cheap enough for hundreds of
trials. What can be wrong with a camera is a `Fault` of the set-up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from recordings.simulation.companions import plan_toml, rig_toml
from recordings.simulation.device import WIDE
from recordings.simulation.photograph import photograph
from recordings.simulation.render import Rendering, render, render_shape
from recordings.simulation.scene import Light, Material, Part, Scene, Texture
from recordings.simulation.shapes import sheet
from recordings.simulation.stereo_noise import measure
from recordings.simulation.truth import Planned
from recordings.source import Freshness, SourceHeader
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Label
from tracking.transforms import invert, rigid, rotation_from_vector

NAME = "qa"
APPLICATOR_ID = "MOB-D60-B15"
N_FRAMES = 60
RECORDED_AT = "2026-01-02T06:30:00Z"  # the morning after the simulated rig's calibration
TRANSFER_NS = 20_000_000
RING_BELOW_HEAD_MM = 40.0
PHANTOM_TURN_RAD = (0.004, -0.006, 0.7)  # nobody's jig is square to the head
PLATE_HALF_MM = 260.0
STEEL = Material((0.5, 0.5, 0.52), 0.4, 0.35, Texture("clouds", 7.0, 0.5, (0.3, 0.3, 0.3), 1))
PLATE = Material((0.42, 0.4, 0.36), 0.02, 0.9, Texture("speckle", 3.0, 0.6, (0.2, 0.2, 0.2), 2))
LAMP = Light((400.0, 300.0, 1200.0), 0.7)


@dataclass(frozen=True)
class Fault:
    """What is wrong with the camera since the reference was taken; nothing, by default.

    `turn_deg`, `shift_mm`: the camera on its head, in its own space. `drift_mm`: added to every
    depth. `unit_factor`: the device counts depth in another unit than it says.
    """

    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    drift_mm: float = 0.0
    unit_factor: float = 1.0
    serial: str = WIDE.serial


FAULTS = {
    "": Fault(),
    "moved": Fault(shift_mm=(0.6, -0.5, 0.62)),
    "turned": Fault(turn_deg=(0.12, -0.1, 0.12)),
    "warm": Fault(drift_mm=0.5),
    "other": Fault(serial="SIM0000436"),
    "unit": Fault(unit_factor=10.0),
}


@dataclass(eq=False)
class QaSetup:
    """Frames of the set-up; frame i does not depend on those before it."""

    applicator: Applicator
    fault: Fault
    seed: int
    header: SourceHeader
    rendering: Rendering
    with_color: bool = True
    freshness: Freshness = Freshness.EVERY_FRAME
    n_skipped: int = 0
    damage: str | None = None
    _next_index: int = field(default=0, init=False, repr=False)

    def read(self) -> SourceFrame | None:
        """Draw the next frame; None at the end."""
        if self._next_index >= N_FRAMES:
            return None
        frame = self.frame(self._next_index)
        self._next_index += 1
        return frame

    def close(self) -> None:
        """Nothing is held; reading goes no further."""
        self._next_index = N_FRAMES

    def frame(self, index: int) -> SourceFrame:
        """Frame `index` with its labels."""
        rng = np.random.default_rng([self.seed, 41, index])
        stamp_ns = round(index * 1e9 / WIDE.frame_rate_hz)
        raw = measure(self.rendering, WIDE.intrinsics, WIDE.depth_camera, rng)
        frame = RgbdFrame(
            frame_index=index,
            device_serial=self.fault.serial,
            stamp_ns=stamp_ns,
            arrival_ns=stamp_ns + TRANSFER_NS,
            intrinsics=WIDE.intrinsics,
            depth_raw=raw,
            depth_unit_mm=WIDE.depth_camera.depth_unit_mm * self.fault.unit_factor,
            color_rgb=photograph(self.rendering.color_rgb, rng) if self.with_color else None,
        )
        return SourceFrame(frame, labels=self.rendering.labels)


def qa_setup(
    applicator: Applicator, fault: Fault, seed: int, uri: str, *, with_color: bool = True
) -> QaSetup:
    """Render the set-up as the camera, with its fault, sees it."""
    scene, head_from_world = _scene(applicator)
    slip = rigid(rotation_from_vector(np.radians(fault.turn_deg)), fault.shift_mm)
    world_from_camera = invert(head_from_world) @ WIDE.head_from_camera @ slip
    draw = render if with_color else render_shape
    rendering = draw(scene, WIDE.intrinsics, invert(world_from_camera))
    if fault.drift_mm:
        depth = rendering.depth_mm.copy()
        depth[depth > 0] += np.float32(fault.drift_mm)
        rendering = replace(rendering, depth_mm=depth, depth_behind_mm=depth)
    header = SourceHeader(
        uri=uri,
        kind="simulation",
        origin="simulated",
        intrinsics=WIDE.intrinsics,
        depth_unit_mm=WIDE.depth_camera.depth_unit_mm * fault.unit_factor,
        device_name=WIDE.name,
        device_serial=fault.serial,
        n_frames=N_FRAMES,
        frame_rate_hz=WIDE.frame_rate_hz,
        recorded_at=RECORDED_AT,
        embedded=(
            ("rig.toml", rig_toml(WIDE)),
            ("plan.toml", plan_toml(applicator, Planned())),
        ),
    )
    return QaSetup(applicator, fault, seed, header, rendering, with_color)


def _scene(applicator: Applicator) -> tuple[Scene, Float]:
    """The scene in the applicator's space, and `head_from_world`."""
    ring_mm = np.array([0.0, 0.0, -RING_BELOW_HEAD_MM])
    turn = rotation_from_vector(PHANTOM_TURN_RAD)
    exit_mm = ring_mm - turn @ np.array([0.0, 0.0, applicator.length_mm])
    bevel = rotation_from_vector([0.0, np.arctan(applicator.bevel_slope), 0.0])
    plate = sheet(
        lambda x, _: np.zeros_like(x),
        (-PLATE_HALF_MM, PLATE_HALF_MM),
        (-PLATE_HALF_MM, PLATE_HALF_MM),
        20.0,
    )
    parts = (
        Part("applicator", build_mesh(applicator), np.eye(4), Label.APPLICATOR, STEEL),
        Part("plate", plate, rigid(bevel, np.zeros(3)), Label.TUMOR_BED, PLATE),
    )
    return Scene(parts, (LAMP, Light((0.0, -60.0, 0.0), 0.3, follows_camera=True))), rigid(
        turn, exit_mm
    )
