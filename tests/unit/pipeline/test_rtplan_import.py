from __future__ import annotations

import copy
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.plan_file import read_plan
from pipeline.config.rtplan.import_plan import import_plan
from pipeline.config.site_file import parse_site
from pipeline.faults.made_dicom import (
    electron_beam,
    item,
    photon_beam,
    rt_plan,
    rt_structure_set,
    written_dicom,
)
from tests.config_texts import IMPORT_SITE, replaced, written
from tests.rtplan_parts import (
    beam_of,
    drop,
    imported,
    refusal,
    set_beam,
)
from tracking.errors import ConfigurationError
from tracking.plan import Tolerance

LIAC_SITE = (
    IMPORT_SITE.replace("mobetron", "liac")
    .replace("MOBETRON_1", "LIAC_1")
    .replace('"iec61217"', '"roll_pitch"')
    .replace("planned = 40.0", "planned = 0.0")  # its cones dock hard
)


class TestImported:
    def test_it_says_what_the_file_says(self, tmp_path: Path) -> None:
        plan = imported(tmp_path).plan
        assert (plan.plan_id, plan.patient_id, plan.approved) == ("bed boost", "patient-1", True)
        assert (plan.machine, plan.applicator_id) == ("mobetron", "MOB-D60-B15")
        assert (plan.energy_mev, plan.ssd_mm) == (9.0, 500.0)
        assert (plan.head_roll_deg, plan.head_pitch_deg) == (12.0, -7.5)
        assert plan.patient_orientation == "HFS"
        assert plan.area_at_risk_patient is None

    def test_it_is_written_and_read_back_the_same(self, tmp_path: Path) -> None:
        structures = written_dicom(tmp_path, rt_structure_set(), "rs.dcm")
        made = imported(tmp_path, structure_set_path=structures)
        again = read_plan(written(tmp_path, "plan.toml", made.text))
        assert again == made.plan

    @pytest.mark.parametrize("implicit", [True, False])
    def test_both_encodings_say_the_same(self, tmp_path: Path, *, implicit: bool) -> None:
        path = written_dicom(tmp_path, rt_plan(), implicit=implicit)
        made = import_plan(path, parse_site(IMPORT_SITE, "site.toml"), read_catalogue())
        assert made.plan.limits == imported(tmp_path).plan.limits

    def test_no_name_of_a_person_reaches_the_plan(self, tmp_path: Path) -> None:
        def names(plan: Dataset) -> None:
            plan.ReviewerName = "Roe^Richard"
            plan.OperatorsName = "Poe^Paula"
            plan.PhysiciansOfRecord = "Moe^Max"

        text = imported(tmp_path, damage=names).text.casefold()
        for name in ("doe", "jane", "roe", "richard", "poe", "paula", "moe"):
            assert name not in text

    def test_where_it_came_from_is_kept(self, tmp_path: Path) -> None:
        made = imported(tmp_path)
        origin = made.plan.origin
        assert origin is not None
        assert (origin.beam_number, origin.angle_convention) == (1, "iec61217")
        assert (origin.gantry_angle_deg, origin.gantry_pitch_deg) == (12.0, -7.5)
        assert (origin.collimator_deg, origin.couch_deg) == (33.0, 20.0)
        assert origin.beam_direction_lps == pytest.approx(
            (-0.2383442, 0.9697794, -0.0521529), abs=1e-7
        )
        assert "2.25" not in made.text

    def test_the_convention_of_the_machine_counts(self, tmp_path: Path) -> None:
        plan = rt_plan(electron_beam(ssd_mm=645.0))
        beam_of(plan).TreatmentMachineName = "LIAC_1"
        found = imported(tmp_path, plan, site=LIAC_SITE).plan
        assert (found.machine, found.applicator_id) == ("liac", "LIAC-D60-B15")
        assert found.origin is not None
        assert found.origin.beam_direction_lps == pytest.approx(
            (-0.2390401, 0.9697794, -0.0488642), abs=1e-7
        )

    def test_rounding_noise_is_no_angle(self, tmp_path: Path) -> None:
        beam = electron_beam(gantry_deg=359.99999999, pitch_deg=8e-10, couch_deg=8.4737249e-10)
        plan = imported(tmp_path, rt_plan(beam)).plan
        assert (plan.head_roll_deg, plan.head_pitch_deg) == (0.0, 0.0)
        assert plan.origin is not None
        assert plan.origin.beam_direction_lps == (0.0, 1.0, 0.0)

    def test_a_file_without_opening_is_read_by_its_id(self, tmp_path: Path) -> None:
        plan = rt_plan(electron_beam(opening_mm=None))
        assert imported(tmp_path, plan).plan.applicator_id == "MOB-D60-B15"


class TestTolerances:
    def test_the_table_makes_limits_tighter(self, tmp_path: Path) -> None:
        plan = imported(tmp_path).plan
        assert plan.limits.docking_tilt_deg == Tolerance(0.0, 0.5)
        assert plan.limits.docking_gap_mm == Tolerance(40.0, 2.5)
        assert plan.limits.ssd_error_mm == Tolerance(0.0, 2.5)
        assert plan.origin is not None
        assert plan.origin.tightened_by_table == (
            "docking_tilt_deg",
            "docking_gap_mm",
            "ssd_error_mm",
        )

    def test_the_table_never_makes_a_limit_looser(self, tmp_path: Path) -> None:
        def loosen(plan: Dataset) -> None:
            table = plan.ToleranceTableSequence[0]
            for element in table:
                if element.keyword.endswith("Tolerance"):
                    element.value = 500.0

        plan = imported(tmp_path, damage=loosen).plan
        site = parse_site(IMPORT_SITE, "site.toml")
        assert plan.limits == site.machines["mobetron"].plan_limits

    def test_without_a_table_the_sites_limits_hold(self, tmp_path: Path) -> None:
        def damage(plan: Dataset) -> None:
            del beam_of(plan).ReferencedToleranceTableNumber

        plan = imported(tmp_path, damage=damage).plan
        site = parse_site(IMPORT_SITE, "site.toml")
        assert plan.limits == site.machines["mobetron"].plan_limits

    @pytest.mark.parametrize("value", [0.0, -1.0])
    def test_a_tolerance_that_is_none_is_refused(self, tmp_path: Path, value: float) -> None:
        def damage(plan: Dataset) -> None:
            plan.ToleranceTableSequence[0].GantryAngleTolerance = value

        assert "Gantry Angle Tolerance (300A,0044)" in refusal(tmp_path, damage=damage).what

    def test_a_table_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        damage = set_beam("ReferencedToleranceTableNumber", 2)
        assert "tolerance table" in refusal(tmp_path, damage=damage).what

    def test_a_site_without_limits_imports_nothing(self, tmp_path: Path) -> None:
        start = IMPORT_SITE.index("[machine.mobetron.plan_limits]")
        end = IMPORT_SITE.index("[person.")
        error = refusal(tmp_path, site=IMPORT_SITE[:start] + IMPORT_SITE[end:])
        assert "no limits for imported plans" in error.what


class TestWhichBeam:
    def test_the_one_electron_beam_of_a_mixed_plan_is_taken(self, tmp_path: Path) -> None:
        plan = rt_plan(photon_beam(1), photon_beam(2), electron_beam(3))
        found = imported(tmp_path, plan).plan
        assert found.origin is not None
        assert found.origin.beam_number == 3

    def test_an_electron_beam_without_applicator_is_left(self, tmp_path: Path) -> None:
        bare = electron_beam(1)
        bare.ApplicatorSequence = Sequence([])
        found = imported(tmp_path, rt_plan(bare, electron_beam(2))).plan
        assert found.origin is not None
        assert found.origin.beam_number == 2

    def test_two_of_them_are_named_and_one_can_be_chosen(self, tmp_path: Path) -> None:
        plan = rt_plan(electron_beam(1), electron_beam(2, applicator_id="C6B30"))
        error = refusal(tmp_path, copy.deepcopy(plan))
        assert "beam 1 (ELECTRON, with applicator), beam 2" in error.actual
        assert "--beam" in error.remedy
        assert imported(tmp_path, plan, beam_number=2).plan.applicator_id == "MOB-D60-B30"

    @pytest.mark.parametrize("number", [1, 7])
    def test_a_beam_that_is_none_cannot_be_chosen(self, tmp_path: Path, number: int) -> None:
        plan = rt_plan(photon_beam(1), electron_beam(3))
        assert "no such electron beam" in refusal(tmp_path, plan, beam_number=number).what

    def test_photons_alone_are_refused(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, rt_plan(photon_beam(1)))
        assert "beam 1 (PHOTON, without applicator)" in error.actual

    def test_a_setup_beam_is_none(self, tmp_path: Path) -> None:
        damage = set_beam("TreatmentDeliveryType", "SETUP")
        assert "not for treatment" in refusal(tmp_path, damage=damage).actual
        error = refusal(tmp_path, damage=damage, beam_number=1)
        assert "Treatment Delivery Type" in error.what

    def test_a_brachytherapy_plan_is_refused(self, tmp_path: Path) -> None:
        def brachy(plan: Dataset) -> None:
            del plan.BeamSequence
            plan.BrachyTreatmentType = "HDR"
            plan.ApplicationSetupSequence = Sequence([item(ApplicationSetupNumber=1)])

        assert refusal(tmp_path, damage=brachy).actual == "a brachytherapy plan"

    def test_a_plan_without_beams_is_refused(self, tmp_path: Path) -> None:
        assert "no Beam Sequence" in refusal(tmp_path, damage=drop("BeamSequence")).actual


@pytest.mark.parametrize("position", ["HFS", "HFP", "FFS", "FFP"])
def test_each_orientation_is_read_and_held_against_the_persons_word(
    tmp_path: Path, position: str
) -> None:
    for seen in ("HFS", "HFP", "FFS", "FFP"):
        plan = rt_plan(position=position)
        if seen == position:
            assert imported(tmp_path, plan, position=seen).plan.patient_orientation == position
        else:
            assert "lies otherwise" in refusal(tmp_path, plan, position=seen).what


@pytest.mark.parametrize("position", ["HFDR", "HFDL", "FFDR", "FFDL", "SITTING", ""])
def test_a_patient_who_lies_on_the_side_is_refused(tmp_path: Path, position: str) -> None:
    error = refusal(tmp_path, rt_plan(position=position))
    assert "Patient Position (0018,5100)" in error.what


def test_an_id_of_ones_own_replaces_a_label_with_a_name(tmp_path: Path) -> None:
    def named(plan: Dataset) -> None:
        plan.RTPlanLabel = "JANE boost"

    found = imported(tmp_path, damage=named, plan_id="boost-1").plan
    assert found.plan_id == "boost-1"


def test_an_angle_convention_must_be_declared(tmp_path: Path) -> None:
    site = replaced(IMPORT_SITE, 'angle_convention = "iec61217"\n', "")
    with pytest.raises(ConfigurationError, match="angle_convention is missing"):
        imported(tmp_path, site=site)
