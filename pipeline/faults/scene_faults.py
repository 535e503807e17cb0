"""Image faults of the scene: what is there is not what was planned, and something may hide it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pipeline.benchmarks.near_misses import NEAR_MISSES, OUT_BY, NearMiss, missed
from pipeline.faults.image_fault import Docked, ImageCase, ImageFault, Shoot
from recordings.simulation.disturbances import DISTURBANCES, disturbed_frame
from recordings.simulation.render import render
from recordings.simulation.scene import Part, Scene
from recordings.simulation.source import SimulatedSource
from recordings.simulation.staging import build_stage
from recordings.simulation.story import tell
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float, UInt8
from tracking.frame import SourceFrame
from tracking.transforms import invert, rigid

OUTSIDE = (1.35, 1.7, 2.2, 3.0, 4.0)  # how far outside its tolerance, in tolerances
DIAMETERS_MM = (5.0, -5.0, 10.0, -10.0, 20.0)  # wider than planned
BEVELS_DEG = (0.0, 30.0, 45.0, 30.0, 0.0)
SECOND_CONE_MM = (90.0, 110.0, 130.0, 150.0, 170.0)  # beside the first
BOTTLE_SHARE = (0.25, 0.4, 0.55, 0.7, 0.85)  # of the cone's diameter: the neck of what stands there


def _off(name: str, scale: float, docked: Docked) -> SimulatedSource:
    """The session's story, ending off its plan."""
    miss = NEAR_MISSES[name]
    by = scale / OUT_BY
    scaled = NearMiss(miss.head * by, miss.bed * by)
    return missed(docked.source, scaled, docked.config.plan.limits)


def _off_somehow(case: ImageCase) -> SimulatedSource:
    """The session's story, just off its plan in one way or another."""
    names = list(NEAR_MISSES)
    name = names[(case.docked.source.seed + case.severity) % len(names)]
    return _off(name, OUT_BY, case.docked)


def _missing(name: str) -> Shoot:
    def shoot(case: ImageCase) -> list[SourceFrame]:
        source = _off(name, OUTSIDE[case.step], case.docked)
        return case.docked.shot(source, source.rendering(case.docked.onset))

    return shoot


def _with_cone(docked: Docked, applicator: Applicator) -> SimulatedSource:
    """The session's story with another cone at the same ring, seated as well as the planned one."""
    source = docked.source
    story = tell(applicator, source.story.planned, source.seed)
    same = replace(story, docked=source.story.docked, tremor=source.story.tremor)
    stage = build_stage(same, source.scenario.camera_azimuth_rad, source.seed)
    return replace(source, story=same, stage=stage)


def _other_cone(change: Callable[[Applicator, int], Applicator]) -> Shoot:
    def shoot(case: ImageCase) -> list[SourceFrame]:
        other = change(case.docked.config.applicator, case.step)
        source = _with_cone(case.docked, other)
        return case.docked.shot(source, source.rendering(case.docked.onset))

    return shoot


def _wider(applicator: Applicator, step: int) -> Applicator:
    diameter_mm = applicator.inner_diameter_mm + DIAMETERS_MM[step]
    return replace(applicator, id="another", inner_diameter_mm=diameter_mm)


def _bevelled(applicator: Applicator, step: int) -> Applicator:
    return replace(applicator, id="another", bevel_deg=BEVELS_DEG[step])


def _in_scene(change: Callable[[Scene, Float, ImageCase], Scene]) -> Shoot:
    """Render the struck frames with a changed scene; `change` is told the cone's pose."""

    def shoot(case: ImageCase) -> list[SourceFrame]:
        source, onset = case.docked.source, case.docked.onset
        device, time_s = source.scenario.device, source.scenario.story_time_s(onset)
        pose = source.story.world_from_applicator(time_s)
        if pose is None:
            raise ValueError("the struck frames show no cone")
        scene = change(source.stage.at(time_s), pose, case)
        camera_from_world = invert(source.story.world_from_head(time_s) @ device.head_from_camera)
        return case.docked.shot(source, render(scene, device.intrinsics, camera_from_world))

    return shoot


def _without_cone(scene: Scene, _pose: Float, _case: ImageCase) -> Scene:
    return replace(scene, parts=tuple(p for p in scene.parts if p.name != "applicator"))


def _cone(scene: Scene) -> Part:
    return next(part for part in scene.parts if part.name == "applicator")


def _two_cones(scene: Scene, pose: Float, case: ImageCase) -> Scene:
    azimuth = case.docked.source.scenario.camera_azimuth_rad + np.pi / 2
    aside = SECOND_CONE_MM[case.step] * np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    second = replace(_cone(scene), name="second", world_from_part=pose @ rigid(np.eye(3), aside))
    return replace(scene, parts=(*scene.parts, second))


def _a_bottle(scene: Scene, pose: Float, case: ImageCase) -> Scene:
    """A narrower tube with a shoulder stands in the cone's place, without a ring."""
    planned = case.docked.config.applicator
    narrow = replace(
        planned,
        id="bottle",
        inner_diameter_mm=planned.inner_diameter_mm * BOTTLE_SHARE[case.step],
        length_mm=planned.length_mm * 0.6,
        ring_diameter_mm=planned.inner_diameter_mm * 0.95,
        ring_height_mm=planned.length_mm * 0.35,
        bevel_deg=0.0,
    )
    bottle = replace(_cone(scene), mesh=build_mesh(narrow))
    return replace(scene, parts=(*_without_cone(scene, pose, case).parts, bottle))


@dataclass(frozen=True)
class _Hidden:
    """A session off its plan, seen through a disturbance that may hide it."""

    disturbance: str

    def __call__(self, case: ImageCase) -> list[SourceFrame]:
        source = _off_somehow(case)
        chosen, seen = DISTURBANCES[self.disturbance], source.rendering(case.docked.onset)
        return [
            disturbed_frame(source, index, chosen, case.severity, seen)
            for index in case.docked.struck
        ]


def _colored(change: Callable[[UInt8, ImageCase], UInt8]) -> Shoot:
    """A session off its plan, with another colour picture."""

    def shoot(case: ImageCase) -> list[SourceFrame]:
        source = _off_somehow(case)
        shots = case.docked.shot(source, source.rendering(case.docked.onset))
        return [_with_color(shot, change, case) for shot in shots]

    return shoot


def _with_color(
    shot: SourceFrame, change: Callable[[UInt8, ImageCase], UInt8], case: ImageCase
) -> SourceFrame:
    color_rgb = shot.frame.color_rgb
    if color_rgb is None:
        raise ValueError("the campaign's sessions have colour")
    return replace(shot, frame=replace(shot.frame, color_rgb=change(color_rgb, case)))


def _swapped(color_rgb: UInt8, _case: ImageCase) -> UInt8:
    return np.ascontiguousarray(color_rgb[:, :, ::-1])


def _saturated(color_rgb: UInt8, case: ImageCase) -> UInt8:
    gain = (1.5, 2.0, 3.0, 6.0, 255.0)[case.step]
    brighter: UInt8 = np.clip(color_rgb.astype(np.float32) * gain, 0, 255).astype(np.uint8)
    return brighter


def _darkened(color_rgb: UInt8, case: ImageCase) -> UInt8:
    gain = (0.5, 0.25, 0.1, 0.03, 0.0)[case.step]
    return (color_rgb.astype(np.float32) * gain).astype(np.uint8)


def _color_shifted(color_rgb: UInt8, case: ImageCase) -> UInt8:
    shifted: UInt8 = np.roll(color_rgb, (5, 10, 20, 40, 80)[case.step], axis=1)
    return shifted


SCENE_FAULTS: tuple[ImageFault, ...] = (
    *(ImageFault(f"{name} off", _missing(name)) for name in NEAR_MISSES),
    ImageFault("cone of another diameter", _other_cone(_wider)),
    ImageFault("cone of another bevel", _other_cone(_bevelled)),
    ImageFault("no cone", _in_scene(_without_cone)),
    ImageFault("two cones", _in_scene(_two_cones)),
    ImageFault("a bottle in its place", _in_scene(_a_bottle)),
    *(ImageFault(f"off plan behind {name}", _Hidden(name)) for name in DISTURBANCES),
    ImageFault("off plan, colours swapped", _colored(_swapped)),
    ImageFault("off plan, colour saturated", _colored(_saturated)),
    ImageFault("off plan, colour dark", _colored(_darkened)),
    ImageFault("off plan, colour shifted", _colored(_color_shifted)),
)
