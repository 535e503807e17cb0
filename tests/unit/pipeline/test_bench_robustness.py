from __future__ import annotations

import pytest

from pipeline.benchmarks.near_misses import NEAR_MISSES, missed, tolerances_exceeded
from pipeline.benchmarks.robustness_figures import Case, robustness_findings
from pipeline.benchmarks.simulated import bench_config
from recordings.simulation.scenarios import APPLICATOR_ID
from recordings.simulation.source import open_simulation
from recordings.simulation.truth import true_quantities
from tracking.transforms import invert

HELD_S = 8.0


def _case(severity: int, *, miss: str = "", passed: bool = False, unsure: bool = False) -> Case:
    name = "smoke" if severity else "undisturbed"
    reasons = ("ARMING",) if passed else ("DEPTH_MISSING",)
    return Case(0, miss, name, severity, passed, unsure, reasons, 0.1)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", ["", *NEAR_MISSES])
def test_near_misses_are_truly_outside_one_tolerance_and_the_story_inside_all(
    name: str, seed: int
) -> None:
    _, config = bench_config()
    limits = config.plan.limits
    source = open_simulation(f"sim:docking:{seed}", config.applicators)
    if name:
        source = missed(source, NEAR_MISSES[name], limits)
    story = source.story
    world_from_applicator = story.world_from_applicator(HELD_S)
    assert world_from_applicator is not None
    quantities = true_quantities(
        config.applicators[APPLICATOR_ID],
        invert(story.world_from_head(HELD_S)) @ world_from_applicator,
        invert(world_from_applicator) @ story.world_from_bed(HELD_S),
        story.bed,
        story.planned,
    )
    exceeded = tolerances_exceeded(quantities, limits)
    assert bool(exceeded) == bool(name)
    assert source.stage.story is story


def test_the_table_tells_docked_missed_and_unsure_apart() -> None:
    cases = [
        _case(0, passed=True),
        _case(0, miss="tilt"),
        _case(1, passed=True),
        _case(1, unsure=True),
        _case(1, miss="tilt", unsure=True),
        _case(5, unsure=True),
    ]
    found = robustness_findings(cases, 1)
    assert found.tables[0].rows == [("smoke", "50 / 0 / 50", "0 / - / 100")]
    assert found.tables[1].rows == [("smoke", "DEPTH_MISSING 2")]
    assert [goal.is_met for goal in found.goals] == [True, True]
    assert found.data["not_docked"] == {"frames": 2, "checks_passed": 0, "at_most_95": 1.0}


def test_a_pass_outside_the_plan_or_a_twin_that_fails_misses_a_goal() -> None:
    found = robustness_findings([_case(0), _case(3, miss="tilt", passed=True)], 1)
    assert [goal.is_met for goal in found.goals] == [False, False]
