"""Simulated docking with a clear cone, holes and look-through: refused; in metal: measurable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recordings.simulation.scenarios import SCENARIOS
from recordings.simulation.source import SimulatedSource, open_simulation
from recordings.simulation.staging import build_stage
from recordings.simulation.story import tell
from tests.builders import make_applicator
from tracking.applicator import Material
from tracking.depth_noise import StereoNoise
from tracking.measurable import unmeasurable
from tracking.registration import RegistrationStatus

FRAMES = (40, 75, 110, 150)  # approach, docked, held, a hand in view: at 15 per second
REFUSED = {RegistrationStatus.DEPTH_MISSING, RegistrationStatus.DEPTH_FALSE}


def _source(material: Material, seed: int) -> SimulatedSource:
    scenario = SCENARIOS["docking-small"]
    cone = replace(make_applicator(bevel_deg=0.0), id=scenario.applicator_id, material=material)
    source = open_simulation(f"docking-small:{seed}", {cone.id: cone})
    story = tell(cone, source.story.planned, seed)
    return replace(source, stage=build_stage(story, scenario.camera_azimuth_rad, seed))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("material", ["metal", "pmma"])
def test_only_the_clear_cone_is_refused(material: Material, seed: int) -> None:
    source = _source(material, seed)
    camera = source.scenario.device.depth_camera
    noise = StereoNoise(camera.baseline_mm, camera.subpixel_px, camera.correlation_px)
    for index in FRAMES:
        seen = source.frame(index)
        assert seen.labels is not None
        mask = seen.labels == 2
        status = unmeasurable(mask, seen.frame.depth_mm, seen.frame.intrinsics, noise, seen.labels)
        assert (status in REFUSED) == (material == "pmma")
