"""Which entry the dimensions belong to: decided only where every other one is ruled out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import make_applicator, make_catalogue
from tracking.alignment import ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.identity import (
    BEVEL_FLOOR_DEG,
    DIAMETER_FLOOR_MM,
    K_CONSISTENT,
    K_EXCLUDED,
    N_DIRECTIONS,
    Peers,
    distances,
    fits,
    identify,
    nearest,
    peers_of,
)
from tracking.registration import Dimensions

CATALOGUE = make_catalogue()
PLANNED = CATALOGUE["D60-B15"]
NAN = float("nan")
TOLD, UNTOLD = 0.05, 0.3  # 1-sigma of a slope: 2.7 deg decides, 15 deg does not
DIRECTIONS_DEG = (0.0, 37.0, 90.0, 200.0, -74.0)


def decided(dimensions: Dimensions | None, planned: Applicator = PLANNED) -> ApplicatorIdentity:
    return identify(dimensions, planned, peers_of(planned, CATALOGUE))


def measured(
    covariance: np.ndarray, bevel_deg: float = 15.0, direction_deg: float = 0.0
) -> Dimensions:
    """A measurement of the 60 mm cone with this covariance of diameter and slopes."""
    slopes = covariance[1:, 1:]
    sigma_deg = float(np.degrees(np.sqrt(np.linalg.eigvalsh(slopes)[-1])))
    diameter_sigma_mm = float(np.sqrt(covariance[0, 0]))
    return Dimensions(
        60.0, diameter_sigma_mm, bevel_deg, sigma_deg, direction_deg, covariance=covariance
    )


def covariance_along(direction_deg: float, along: float, across: float) -> np.ndarray:
    """Covariance with the slope told `along` a direction and `across` it, 1-sigma."""
    angle = np.radians(direction_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    covariance = np.zeros((3, 3))
    covariance[0, 0] = 0.1**2
    covariance[1:, 1:] = turn @ np.diag([along**2, across**2]) @ turn.T
    return covariance


def test_the_planned_one() -> None:
    found = decided(Dimensions(60.1, 0.1, 15.4, 1.0))
    assert found == ApplicatorIdentity("D60-B15", 60.1, 15.4, decided=True)


@pytest.mark.parametrize(
    ("diameter_mm", "bevel_deg", "name"),
    [(65.0, 15.0, "D65-B15"), (55.0, 15.0, "D55-B15"), (60, 0, "D60-B0"), (60, 30, "D60-B30")],
)
def test_a_neighbour_is_named(diameter_mm: float, bevel_deg: float, name: str) -> None:
    found = decided(Dimensions(diameter_mm, 0.1, bevel_deg, 1.0))
    assert (found.value, found.decided) == (name, True)


@pytest.mark.parametrize(
    "dimensions",
    [
        Dimensions(62.5, 0.1, 15.0, 1.0),  # half way
        Dimensions(60.0, 1.3, 15.0, 1.0),  # a neighbour is not excluded
        Dimensions(60.0, 0.1, 22.5, 1.0),
        Dimensions(60.0, 0.1, 15.0, 4.0),
        Dimensions(60.0, 0.1, 15.0, 50.0),
        Dimensions(20.0, 0.1, 15.0, 1.0),  # beyond the catalogue
        Dimensions(110.0, 0.1, 15.0, 1.0),
        Dimensions(60.0, 0.1, 45.0, 1.0),
        Dimensions(NAN, 0.1, 15.0, 1.0),
        Dimensions(60.0, NAN, 15.0, 1.0),
        Dimensions(60.0, 0.1, NAN, 1.0),
        Dimensions(60.0, 0.1, 15.0, NAN),
    ],
)
def test_what_is_not_told_apart_is_undecided(dimensions: Dimensions) -> None:
    found = decided(dimensions)
    assert (found.value, found.decided) == (None, False)


def test_no_dimensions_decide_nothing() -> None:
    assert decided(None) == ApplicatorIdentity()


def test_cones_of_another_machine_do_not_count() -> None:
    other = {name: replace(cone, machine="other") for name, cone in CATALOGUE.items()}
    found = identify(
        Dimensions(65.0, 0.1, 15.0, 1.0), PLANNED, peers_of(PLANNED, other | {"P": PLANNED})
    )
    assert not found.decided


def test_a_lone_planned_cone_still_has_neighbours() -> None:
    for dimensions in (Dimensions(63.0, 0.1, 15.0, 1.0), Dimensions(60.0, 0.1, 23.0, 1.0)):
        assert not identify(dimensions, PLANNED, peers_of(PLANNED, {})).decided
    assert identify(Dimensions(60.1, 0.1, 15.0, 1.0), PLANNED, peers_of(PLANNED, {})).decided


def test_two_entries_of_one_shape_go_to_the_planned_one() -> None:
    twin = replace(PLANNED, id="A-TWIN")
    peers = peers_of(PLANNED, {"A-TWIN": twin} | CATALOGUE)
    found = identify(Dimensions(60.0, 0.1, 15.0, 1.0), PLANNED, peers)
    assert found.value == "D60-B15"


def test_dimensions_many_sigmas_from_every_cone_are_undecided() -> None:
    """One step from a 5 mm wrong start can end between two cones: near to neither is neither."""
    found = decided(Dimensions(73.34, 0.19, 28.6, 1.2), make_applicator(75.0, 30.0))
    assert not found.decided


@pytest.mark.parametrize("direction_deg", DIRECTIONS_DEG)
def test_a_bevel_is_told_although_its_roll_is_not(direction_deg: float) -> None:
    """Every roll of another bevel is excluded by the slope along the measured one's direction."""
    covariance = covariance_along(direction_deg, along=0.03, across=0.1)
    assert decided(measured(covariance, 15.0, direction_deg)).value == "D60-B15"
    assert not decided(replace(measured(covariance), covariance=None)).decided


@pytest.mark.parametrize("direction_deg", DIRECTIONS_DEG)
def test_a_slope_that_is_not_told_along_the_bevel_decides_nothing(direction_deg: float) -> None:
    covariance = covariance_along(direction_deg, along=UNTOLD, across=TOLD / 5)
    for bevel_deg in (0.0, 15.0, 30.0):
        assert not decided(measured(covariance, bevel_deg, direction_deg)).decided


def test_what_diameter_and_slope_err_by_in_common_excuses_no_neighbour() -> None:
    covariance = np.diag([1.2**2, TOLD**2, 0.02**2])
    assert not decided(measured(covariance)).decided
    covariance[0, 1] = covariance[1, 0] = 0.9 * 1.2 * TOLD
    assert decided(measured(covariance)).value == "D60-B15"


def test_a_common_error_is_still_an_error() -> None:
    """5 mm and 15 deg together along the common error: the two are not told apart."""
    step = np.array([5.0, np.tan(np.radians(30.0)) - np.tan(np.radians(15.0)), 0.0])
    covariance = np.diag([0.1**2, 0.02**2, 0.02**2]) + np.outer(step, step) / 2.5**2
    away = distances(
        measured(covariance), Peers.of([PLANNED, CATALOGUE["D65-B30"], CATALOGUE["D65-B15"]])
    )
    assert away[0] < K_CONSISTENT
    assert away[1] < K_EXCLUDED < away[2]
    assert not decided(measured(covariance)).decided


@pytest.mark.parametrize("seed", range(8))
def test_distances_are_the_least_over_all_directions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((5, 3)) * [0.5, 0.04, 0.04]
    found = measured(rows.T @ rows, rng.uniform(0.0, 25.0), rng.uniform(-180.0, 180.0))
    floor = ((1 + np.tan(np.radians(found.bevel_deg)) ** 2) * np.radians(BEVEL_FLOOR_DEG)) ** 2
    covariance = rows.T @ rows + np.diag([DIAMETER_FLOOR_MM**2, floor, floor])
    turns = np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    towards = np.radians(found.bevel_direction_deg)
    slopes = np.tan(np.radians(found.bevel_deg)) * np.array([np.cos(towards), np.sin(towards)])
    cones = list(CATALOGUE.values())
    for cone, away in zip(cones, distances(found, Peers.of(cones)), strict=True):
        off_mm = found.diameter_mm - cone.inner_diameter_mm
        wanted = abs(off_mm) / np.sqrt(covariance[0, 0])
        if wanted < K_EXCLUDED:
            off = np.empty((N_DIRECTIONS, 3))
            off[:, 0], off[:, 1:] = off_mm, slopes - np.tan(np.radians(cone.bevel_deg)) * circle
            squares = np.einsum("ni,ij,nj->n", off, np.linalg.inv(covariance), off)
            wanted = np.sqrt(squares.min())
        assert away == pytest.approx(wanted, rel=1e-9)


def test_no_entry_lies_nearer_than_its_diameter_alone_says() -> None:
    rng = np.random.default_rng(3)
    cones = list(CATALOGUE.values())
    for _ in range(20):
        root = rng.normal(size=(3, 3)) * [[1.0], [0.1], [0.1]]
        seen = measured(root @ root.T, float(rng.uniform(0, 40)), float(rng.uniform(0, 360)))
        sigma_mm = np.hypot(seen.diameter_sigma_mm, 0.4)
        alone = np.abs(seen.diameter_mm - np.array([c.inner_diameter_mm for c in cones])) / sigma_mm
        assert (distances(seen, Peers.of(cones)) >= alone - 1e-9).all()


@pytest.mark.parametrize("at", [(0, 0), (1, 2), (2, 2)])
def test_a_covariance_that_is_no_number_decides_nothing(at: tuple[int, int]) -> None:
    covariance = np.diag([0.1**2, 0.02**2, 0.02**2])
    covariance[at] = NAN
    assert not decided(replace(measured(np.eye(3)), covariance=covariance)).decided


def test_the_nearest_are_counted_in_steps_of_the_catalogue() -> None:
    seen, left, order = Dimensions(61.0, 0.1, 22.0, 1.0), [*CATALOGUE.values()], []
    for _ in range(3):
        order.append(nearest(seen, left))
        left.remove(order[-1])
    assert [a.id for a in order] == ["D60-B15", "D60-B30", "D65-B15"]
    assert fits(Dimensions(60.0, 0.1, 15.0, 1.0), order[0])
    assert not fits(Dimensions(60.0, 0.1, 15.0, 1.0), order[1])
