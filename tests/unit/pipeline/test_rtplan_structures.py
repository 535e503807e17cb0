from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.plan_file import parse_plan
from pipeline.config.rtplan.area_in_field import distance_from_axis_mm
from pipeline.config.rtplan.import_plan import ImportedPlan, import_plan
from pipeline.config.site_file import parse_site
from pipeline.faults.made_dicom import (
    ISOCENTRE,
    Damage,
    electron_beam,
    rt_plan,
    rt_structure_set,
    written_dicom,
)
from tests.config_texts import IMPORT_SITE, replaced
from tracking.errors import ConfigurationError

DIRECTION = np.array((-0.2383442, 0.9697794, -0.0521529))  # golden, in test_rtplan_angles


def imported(
    folder: Path,
    structures: Dataset,
    *,
    site: str = IMPORT_SITE,
    plan_damage: Damage | None = None,
    position: str = "HFS",
) -> ImportedPlan:
    plan = written_dicom(folder, rt_plan(position=position), damage=plan_damage)
    path = written_dicom(folder, structures, "rs.dcm")
    parsed = parse_site(site, "site.toml")
    return import_plan(plan, parsed, read_catalogue(), structure_set_path=path)


def refusal(folder: Path, damage: Damage) -> ConfigurationError:
    structures = rt_structure_set()
    damage(structures)
    with pytest.raises(ConfigurationError) as caught:
        imported(folder, structures)
    assert "Doe" not in str(caught.value)
    return caught.value


def moved(along_mm: float, across_mm: float = 0.0) -> tuple[float, float, float]:
    """A place `along_mm` down the beam from the isocentre, `across_mm` beside it."""
    across = np.cross(DIRECTION, (0.0, 0.0, 1.0))
    across = across / np.linalg.norm(across)
    x, y, z = np.array(ISOCENTRE) + along_mm * DIRECTION + across_mm * across
    return float(x), float(y), float(z)


def test_the_region_is_kept_in_the_patients_space(tmp_path: Path) -> None:
    region = imported(tmp_path, rt_structure_set()).plan.area_at_risk_patient
    assert region is not None
    assert region.name == "Tumor Bed"
    assert len(region.contours_lps_mm) == 5
    assert region.centroid_lps_mm == pytest.approx(ISOCENTRE, abs=1e-3)
    x, y, z = region.box_lps_mm
    assert x == pytest.approx((-3.0, 27.0))
    assert y == pytest.approx((-325.0, -295.0))
    assert z == pytest.approx((-37.0, -13.0))


def test_a_region_asks_for_coverage_and_is_never_ignored(tmp_path: Path) -> None:
    made = imported(tmp_path, rt_structure_set())
    assert made.plan.limits.coverage_minimum_fraction == 0.95
    text = replaced(made.text, "[limits.coverage_fraction]\nminimum = 0.95\n", "")
    with pytest.raises(ConfigurationError, match="never ignored"):
        parse_plan(text, "plan.toml")


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (lambda s: setattr(s, "ApprovalStatus", "UNAPPROVED"), "is not approved"),
        (lambda s: setattr(s, "PatientID", "patient-2"), "another patient's"),
        (lambda s: setattr(s, "SOPInstanceUID", "2.25.7"), "not made on this structure set"),
        (lambda s: setattr(s, "SOPClassUID", rt_plan().SOPClassUID), "another kind"),
        (lambda s: setattr(s.StructureSetROISequence[1], "ROIName", "Scar"), "which region"),
        (lambda s: setattr(s.StructureSetROISequence[0], "ROIName", "tumour bed"), "which region"),
        (lambda s: setattr(s.StructureSetROISequence[1], "ROINumber", 3), "ROI Contour Sequence"),
        (lambda s: setattr(s, "ROIContourSequence", Sequence([])), "ROI Contour Sequence"),
    ],
)
def test_what_is_not_this_plans_region_is_refused(
    tmp_path: Path, damage: Damage, part: str
) -> None:
    assert part in refusal(tmp_path, damage).what


def bed_of(structures: Dataset) -> Dataset:
    bed: Dataset = structures.ROIContourSequence[1]
    return bed


def contour_damage(keyword: str, value: object) -> Damage:
    return lambda structures: setattr(bed_of(structures).ContourSequence[2], keyword, value)


def scaled(factor: float) -> Damage:
    def damage(structures: Dataset) -> None:
        for contour in bed_of(structures).ContourSequence:
            contour.ContourData = [round(float(x) * factor, 4) for x in contour.ContourData]

    return damage


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (contour_damage("ContourGeometricType", "POINT"), "Contour Geometric Type"),
        (contour_damage("ContourGeometricType", "OPEN_PLANAR"), "Contour Geometric Type"),
        (contour_damage("NumberOfContourPoints", 23), "Contour Data"),
        (contour_damage("ContourData", [1.0, 2.0, 3.0, 4.0]), "Contour Data"),
        (lambda s: setattr(bed_of(s), "ContourSequence", Sequence([])), "make no sense"),
        (scaled(0.1), "make no sense"),
        (scaled(0.001), "make no sense"),
        (scaled(100.0), "make no sense"),
    ],
)
def test_contours_that_are_none_are_refused(tmp_path: Path, damage: Damage, part: str) -> None:
    assert part in refusal(tmp_path, damage).what


def test_another_unit_is_named(tmp_path: Path) -> None:
    assert "is it in millimetres?" in refusal(tmp_path, scaled(0.1)).actual


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("area_at_risk_pattern = '(?i)tumou?r bed'\n", ""),
        ("coverage_fraction  = {minimum = 0.95}\n", ""),
    ],
)
def test_a_site_that_does_not_say_what_for_imports_no_region(
    tmp_path: Path, old: str, new: str
) -> None:
    with pytest.raises(ConfigurationError, match="what to do with a structure set"):
        imported(tmp_path, rt_structure_set(), site=replaced(IMPORT_SITE, old, new))


def test_a_plan_outside_the_images_has_no_region(tmp_path: Path) -> None:
    def outside(plan: Dataset) -> None:
        plan.RTPlanGeometry = "TREATMENT_DEVICE"

    with pytest.raises(ConfigurationError, match="no region belongs to it"):
        imported(tmp_path, rt_structure_set(), plan_damage=outside)


def test_without_an_isocentre_the_region_cannot_be_held_against_the_beam(tmp_path: Path) -> None:
    def without(plan: Dataset) -> None:
        del plan.BeamSequence[0].ControlPointSequence[0].IsocenterPosition

    with pytest.raises(ConfigurationError, match="cannot be held against the beam"):
        imported(tmp_path, rt_structure_set(), plan_damage=without)


@pytest.mark.parametrize(("along_mm", "across_mm"), [(0, 0), (80, 0), (-80, 0), (40, 29), (0, -29)])
def test_a_region_in_the_beam_passes(tmp_path: Path, along_mm: float, across_mm: float) -> None:
    imported(tmp_path, rt_structure_set(moved(along_mm, across_mm)))


@pytest.mark.parametrize(("along_mm", "across_mm"), [(0, 31), (0, -31), (80, 31)])
def test_a_region_beside_the_beam_is_refused(
    tmp_path: Path, along_mm: float, across_mm: float
) -> None:
    with pytest.raises(ConfigurationError, match="does not meet the area at risk"):
        imported(tmp_path, rt_structure_set(moved(along_mm, across_mm)))


@pytest.mark.parametrize("position", ["FFS", "FFP"])
def test_feet_for_head_misses_a_region_that_lies_deep(tmp_path: Path, position: str) -> None:
    with pytest.raises(ConfigurationError, match="does not meet the area at risk"):
        imported(tmp_path, rt_structure_set(moved(110.0)), position=position)


def test_front_for_back_is_the_same_line_and_left_to_the_persons_word(tmp_path: Path) -> None:
    structures = rt_structure_set(moved(110.0))
    imported(tmp_path, structures, position="HFP")
    path, regions = tmp_path / "plan.dcm", tmp_path / "rs.dcm"
    site = parse_site(IMPORT_SITE, "site.toml")
    with pytest.raises(ConfigurationError, match="lies otherwise"):
        import_plan(path, site, read_catalogue(), structure_set_path=regions, position="HFS")


@pytest.mark.parametrize(("gantry_deg", "pitch_deg"), [(-12.0, -7.5), (-12.0, 7.5)])
def test_a_mirrored_gantry_angle_misses_a_region_that_lies_deep(
    tmp_path: Path, gantry_deg: float, pitch_deg: float
) -> None:
    plan = rt_plan(electron_beam(gantry_deg=gantry_deg, pitch_deg=pitch_deg))
    path = written_dicom(tmp_path, plan)
    structures = written_dicom(tmp_path, rt_structure_set(moved(110.0)), "rs.dcm")
    site = parse_site(IMPORT_SITE, "site.toml")
    with pytest.raises(ConfigurationError, match="does not meet the area at risk"):
        import_plan(path, site, read_catalogue(), structure_set_path=structures)


def test_the_distance_is_that_from_the_line() -> None:
    assert distance_from_axis_mm((3.0, 4.0, 99.0), (0.0, 0.0, -5.0), (0.0, 0.0, 1.0)) == 5.0
    assert distance_from_axis_mm((1.0, 2.0, 3.0), (1.0, 2.0, 3.0), (1.0, 0.0, 0.0)) == 0.0
