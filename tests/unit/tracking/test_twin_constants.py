"""Numbers that a compiled loop needs in its own file, and that stand elsewhere too."""

from __future__ import annotations

import importlib

import pytest

TWINS = [
    ("robust.NORMAL_MAD", "form_patches.NORMAL_MAD"),
    ("robust.NORMAL_MAD", "bed_fit_loops.NORMAL_MAD"),
    ("robust.NORMAL_MAD", "survey_motion_loops.NORMAL_MAD"),
    ("robust.NORMAL_MAD", "survey_agreement_loops.NORMAL_MAD"),
    ("robust.NORMAL_MAD", "survey_texture_loops.NORMAL_MAD"),
    ("robust.NORMAL_MAD", "surroundings.NORMAL_MAD"),
    ("robust.NORMAL_MAD", "depth_comparison.NORMAL_MAD"),
    ("depth_comparison.NOTABLE_SCATTER", "edge_equations.NOTABLE_SCATTER"),
    ("newton_step.ROLL", "observable_covariance.ROLL"),
    ("newton_step.AXIAL", "observable_covariance.AXIAL"),
]


def value(name: str) -> object:
    module, constant = name.split(".")
    return getattr(importlib.import_module(f"tracking.{module}"), constant)


@pytest.mark.parametrize(("first", "second"), TWINS)
def test_twins_are_equal(first: str, second: str) -> None:
    assert value(first) == value(second)
