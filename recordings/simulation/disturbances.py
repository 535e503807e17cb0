"""The nine disturbances, and a story's frame under one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from recordings.simulation import disturbed_cone as cone
from recordings.simulation import disturbed_light as light
from recordings.simulation import disturbed_things as things
from recordings.simulation.disturbance import Disturbance, Setting, View
from recordings.simulation.render import Rendering, render
from recordings.simulation.source import SimulatedSource
from tracking.frame import SourceFrame
from tracking.transforms import invert

DISTURBANCES: Final[Mapping[str, Disturbance]] = {
    disturbance.name: disturbance
    for disturbance in (
        Disturbance(
            "smoke", "a plume before the field", None, light.smoke, (1.1, 1.3, 1.6, 2.2, 3.0)
        ),
        Disturbance("blood", "blood up the cone", None, cone.blood, (1.0, 1.0, 1.0, 1.0, 1.0)),
        Disturbance("drape", "a cloth over part of the bed", things.drape_over_bed),
        Disturbance("glove", "a hand at the rim", things.glove_over_rim),
        Disturbance(
            "over-exposure", "too much light", None, light.over_exposure, (1.0, 1.1, 1.2, 1.4, 1.7)
        ),
        Disturbance(
            "under-exposure",
            "too little light",
            None,
            light.under_exposure,
            (1.1, 1.3, 1.6, 2.0, 2.5),
        ),
        Disturbance("glare", "infrared highlights", None, cone.glare),
        Disturbance("lens smear", "grease before the cone", None, light.lens_smear),
        Disturbance("depth missing", "patches without depth", None, light.half_missing),
    )
}


def disturbed_frame(
    source: SimulatedSource,
    index: int,
    disturbance: Disturbance,
    severity: int,
    undisturbed: Rendering | None = None,
) -> SourceFrame:
    """Frame `index` of a story with a disturbance: else as `source.frame(index)`.

    Parameters
    ----------
    undisturbed
        `source.rendering(index)`, where it is there already: most disturbances start from it.
    """
    scenario = source.scenario
    device, time_s = scenario.device, scenario.story_time_s(index)
    camera_from_world = invert(source.story.world_from_head(time_s) @ device.head_from_camera)
    setting = Setting(
        story=source.story,
        time_s=time_s,
        intrinsics=device.intrinsics,
        camera_from_world=camera_from_world,
        camera_azimuth_rad=scenario.camera_azimuth_rad,
        severity=severity,
        seed=source.seed * 10_000 + index,
    )
    if disturbance.parts is not None:
        scene = source.stage.at(time_s)
        scene = replace(scene, parts=(*scene.parts, *disturbance.parts(setting)))
        rendering = render(scene, device.intrinsics, camera_from_world)
    else:
        rendering = undisturbed or source.rendering(index)
    view = View(rendering, np.zeros(rendering.depth_mm.shape, np.bool_))
    if disturbance.view is not None:
        view = disturbance.view(rendering, setting)
    camera = device.depth_camera
    factor = disturbance.noise_factor[setting.step]
    noisier = replace(camera, subpixel_px=camera.subpixel_px * factor)
    taken = source.expose(index, view.rendering, noisier)
    depth_raw = np.where(view.is_lost, np.uint16(0), taken.frame.depth_raw)
    return replace(taken, frame=replace(taken.frame, depth_raw=depth_raw))
