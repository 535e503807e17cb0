from __future__ import annotations

import pytest

from tests.builders import make_catalogue
from tracking.alignment import ApplicatorIdentity
from tracking.collar_identity import with_collar
from tracking.registration import Dimensions

CATALOGUE = make_catalogue()
OPEN = ApplicatorIdentity(None, 60.2, 11.0, decided=False)
VAGUE = Dimensions(60.2, 0.3, 11.0, 6.0)


def test_a_buried_rim_is_decided_by_the_collar() -> None:
    found = with_collar(OPEN, ("D60-B15",), VAGUE, CATALOGUE)
    assert (found.value, found.decided) == ("D60-B15", True)
    assert (found.diameter_mm, found.bevel_deg) == (60.2, 11.0)  # what was measured stays so


def test_without_any_dimension_nothing_contradicts_the_collar() -> None:
    found = with_collar(ApplicatorIdentity(), ("D60-B15",), None, CATALOGUE)
    assert (found.value, found.decided) == ("D60-B15", True)


@pytest.mark.parametrize("worn", [(), ("D60-B15", "D60-B0"), ("D61-B15",)])
def test_no_code_several_codes_and_an_unknown_one_decide_nothing(worn: tuple[str, ...]) -> None:
    assert with_collar(OPEN, worn, VAGUE, CATALOGUE) is OPEN


def test_a_measured_diameter_that_does_not_fit_leaves_it_open() -> None:
    assert with_collar(OPEN, ("D70-B15",), VAGUE, CATALOGUE) is OPEN


def test_a_decided_geometry_is_never_overruled() -> None:
    decided = ApplicatorIdentity("D60-B0", 60.0, 0.2, decided=True)
    sharp = Dimensions(60.0, 0.1, 0.2, 0.3)
    assert with_collar(decided, ("D60-B15",), sharp, CATALOGUE) is decided
    assert with_collar(decided, ("D60-B0",), sharp, CATALOGUE) == decided
