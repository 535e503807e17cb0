"""Plans and structure sets that others' planning systems wrote; see the README beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.dicom_magic import is_dicom
from pipeline.config.rtplan.dicom_file import RT_PLAN, RT_STRUCTURE_SET, read_dicom
from pipeline.config.rtplan.header import PlanHeader
from pipeline.config.rtplan.import_plan import import_plan
from pipeline.config.rtplan.structure_set import read_region
from pipeline.config.rtplan.whole_file import check_whole
from pipeline.config.site_file import parse_site
from tests.config_texts import IMPORT_SITE
from tracking.errors import ConfigurationError

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "dicom_rtplan"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings at {DATA}"),
]


def refusal(name: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        import_plan(DATA / name, parse_site(IMPORT_SITE, "site.toml"), read_catalogue())
    return caught.value


def test_a_whole_plan_is_whole_and_refused_as_unapproved() -> None:
    for name in ("dicompyler/rtplan.dcm", "pydicom/rtplan.dcm"):
        check_whole((DATA / name).read_bytes())
        assert "is not approved" in refusal(name).what


def test_a_truncated_plan_is_told_as_such() -> None:
    error = refusal("pydicom/rtplan_truncated.dcm")
    assert "is no whole DICOM file" in error.what
    assert "ends inside" in error.actual


def test_photon_plans_have_no_beam_for_this_software() -> None:
    from pipeline.config.rtplan.beam import choose_beam

    for name in ("dicompyler/rtplan.dcm", "pydicom/rtplan.dcm"):
        plan = read_dicom(DATA / name, RT_PLAN).attributes
        with pytest.raises(ConfigurationError, match="no such electron beam") as caught:
            choose_beam(plan, None)
        assert "PHOTON" in caught.value.actual


@pytest.mark.parametrize(
    "name",
    ["06MV_plan.dcm", "24mm_x_20mm_rectangle.dcm", "FFF_example.dcm", "vmat_example.dcm"],
)
def test_files_without_a_preamble_are_refused(name: str) -> None:
    assert "no preamble" in refusal(f"pymedphys/{name}").actual


def test_a_structure_set_is_no_plan() -> None:
    assert "another kind" in refusal("dicompyler/rtss.dcm").what


def test_the_tumor_bed_of_a_real_structure_set_lies_where_its_readme_says() -> None:
    file = read_dicom(DATA / "dicompyler" / "rtss.dcm", RT_STRUCTURE_SET)
    uid = file.attributes.text("SOPInstanceUID")
    header = PlanHeader(
        "plan", "123456", "2.25.1", is_in_patient_space=True, structure_set_uids=(uid,)
    )
    pattern = parse_site(IMPORT_SITE, "site.toml").area_at_risk_pattern
    assert pattern is not None
    region = read_region(file.attributes, file.sha256, pattern, header)
    n_points = sum(len(contour) for contour in region.contours_lps_mm)
    assert (len(region.contours_lps_mm), n_points) == (18, 616)
    box = ((100.2, 123.0), (-326.3, -295.7), (-35.4, 15.6))
    assert np.allclose(region.box_lps_mm, box, atol=0.05)
    assert region.centroid_lps_mm == pytest.approx((111.7, -312.0, -11.7), abs=0.05)


@pytest.mark.parametrize(
    "name", ["dicompyler/rtplan.dcm", "pydicom/rtplan.dcm", "dicompyler/rtss.dcm"]
)
def test_a_real_file_cut_anywhere_never_seems_whole_and_approved(name: str) -> None:
    data = (DATA / name).read_bytes()
    approval = data.rindex(b"APPROVED")
    for end in np.linspace(0, len(data) - 1, 400).astype(int):
        try:
            check_whole(data[:end])
        except ValueError:
            continue
        assert end <= approval


def test_dicom_files_are_known_by_their_beginning(tmp_path: Path) -> None:
    assert is_dicom(DATA / "pydicom" / "rtplan.dcm")
    copy = tmp_path / "plan"
    copy.write_bytes((DATA / "pydicom" / "rtplan.dcm").read_bytes())
    assert is_dicom(copy)
    assert not is_dicom(DATA / "README.md")
