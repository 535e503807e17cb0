from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from pipeline.cli.app import main
from pipeline.session_report.build import build_facts
from pipeline.session_report.encapsulate import dicom_of, uid_of
from pipeline.session_report.facts import SessionFacts
from pipeline.session_report.facts_file import write_facts
from pipeline.session_report.page import html_of, pdf_of
from tests.session_report_parts import TOLD, gathered, gathered_twice, live_session, simulated

VALIDATOR = "dciodvfy"  # Debian's dicom3tools


@pytest.fixture(scope="module")
def page() -> str:
    return html_of(*live_session())


@pytest.fixture(scope="module")
def pdf(page: str) -> bytes:
    return pdf_of(page)


def _words(page: str) -> str:
    """The page's text, without pictures and marks."""
    return " ".join(
        re.sub(r"<style.*?</style>|<svg.*?</svg>|<[^>]+>", " ", page, flags=re.S).split()
    )


class TestPage:
    def test_it_says_what_is_filed(self, page: str) -> None:
        words = _words(page)
        for expected in (
            "phantom",
            "demo-1, revision 3 (approved by oncologist-1)",
            "plan@1",
            "Measured at beam on: frame 4, 09:00:00.133 UTC (0.13 s)",
            "Docking gap 40.20 ± 0.10 mm 37 to 43 mm inside",
            "Standoff (air gap) 0.30 ± 0.10 mm -3 to 3 mm inside",
            "The plan marks no area at risk.",
            "physicist-1, surgeon-1 time-out complete",
            "Time-out refused: WRONG_PIN",
            "Deviations under the beam:",
            "The head is off centre.",
            "Daily QA holds Passed today at 07:40 UTC.",
            "abab abab abab abab",
            "model-1",
            "Medical physicist: name, date, signature",
        ):
            assert expected in words, expected

    def test_a_live_session_is_not_called_a_simulation(self, page: str) -> None:
        assert "SIMULATION" not in page
        assert "FOREIGN" not in page

    def test_a_simulation_says_so_first(self) -> None:
        page = html_of(simulated(), ())
        assert page.index("SIMULATION: no patient") < page.index("<h2>")
        assert "No picture was kept." in page

    def test_another_cone_than_planned_cannot_be_missed(self) -> None:
        facts, _ = live_session()
        other = facts.applicator.model_copy(update={"seen": "MOB-D50-B0"})
        page = html_of(facts.model_copy(update={"applicator": other}), ())
        assert "MOB-D50-B0 (measured 60.0 mm, 15.0 deg): NOT THE PLANNED ONE" in page

    def test_a_quantity_that_is_not_proven_inside_is_told(self) -> None:
        facts, _ = live_session()
        figures = [
            f.model_copy(update={"value": 42.9}) if f.name == "docking_gap_mm" else f
            for f in facts.frame.figures
        ]
        frame = facts.frame.model_copy(update={"figures": tuple(figures)})
        page = html_of(facts.model_copy(update={"frame": frame}), ())
        assert _words(page).count("NOT PROVEN INSIDE") == 1

    def test_it_needs_nothing_from_outside(self, page: str) -> None:
        assert page.count("data:image/png;base64,") == 2
        assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page) == []
        assert "<script" not in page

    def test_foreign_text_is_escaped(self) -> None:
        facts, _ = live_session()
        plan = facts.plan.model_copy(update={"patient_id": "<script>x</script>"})
        evil = {"plan": plan, "session_id": 'a"; } body { display: none; } <b>'}
        page = html_of(facts.model_copy(update=evil), ())
        assert "<script>" not in page
        assert "<b>" not in page.split("</style>")[0]
        style = page.split("<style>")[1].split("</style>")[0]
        assert 'a"' not in style

    def test_the_same_session_gives_the_same_bytes(self, page: str, pdf: bytes) -> None:
        facts, pictures = build_facts(gathered(), TOLD)
        assert (facts, pictures) == live_session()
        assert html_of(facts, pictures) == page
        assert pdf_of(page) == pdf

    def test_every_beam_is_described_by_its_own_plan_and_figures(self) -> None:
        words = _words(html_of(*build_facts(gathered_twice(), TOLD)))
        first = words.index("Measured at beam on 1 of 2: frame 4, ")
        last = words.index("Measured at the last beam on (2 of 2): frame 12, ")
        assert last < first
        assert "Standoff (air gap) 1.50 ± 0.10 mm -3 to 3 mm inside" in words[last:first]
        assert "Standoff (air gap) 0.30 ± 0.10 mm -3 to 3 mm inside" in words[first:]
        assert "Plan demo-1, revision 3 (approved by oncologist-1), content plan@1." in words
        for revision, person in ((3, "oncologist"), (4, "surgeon")):
            by = f"revision {revision} (approved by {person}-1)"
            assert f"By plan demo-1, {by}; GEOMETRY READY when it came on." in words
        assert words.index("demo-1, revision 4") < words.index("demo-1, revision 3")

    def test_one_beam_is_told_once(self, page: str) -> None:
        assert _words(page).count("Measured at") == 1
        assert page.startswith("<!doctype html>")

    def test_a_session_of_thousands_of_changes_stays_short(self) -> None:
        facts, _ = live_session()
        many = facts.model_copy(update={"verdicts": facts.verdicts * 500})
        page = html_of(many, ())
        assert f"The last 16 changes; {len(many.verdicts) - 16} earlier ones" in page


class TestDicom:
    def test_the_pdf_comes_back_with_the_patients_id_and_no_name(self, pdf: bytes) -> None:
        facts, _ = live_session()
        data = pydicom.dcmread(BytesIO(dicom_of(pdf, facts)))
        assert data.SOPClassUID == pydicom.uid.EncapsulatedPDFStorage
        assert data.EncapsulatedDocument[: data.EncapsulatedDocumentLength] == pdf
        assert (data.PatientID, str(data.PatientName)) == ("phantom", "")
        assert (data.StudyDate, data.StudyTime) == ("20260101", "090000")
        assert data.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID

    def test_identifiers_follow_from_the_content(self, pdf: bytes) -> None:
        facts, _ = live_session()
        first = dicom_of(pdf, facts)
        assert dicom_of(pdf, facts) == first
        one, other = (pydicom.dcmread(BytesIO(b)) for b in (first, dicom_of(pdf + b"\n", facts)))
        assert one.StudyInstanceUID == other.StudyInstanceUID
        assert one.SeriesInstanceUID == other.SeriesInstanceUID
        assert one.SOPInstanceUID != other.SOPInstanceUID
        elsewhere = facts.model_copy(update={"session_id": "another"})
        assert pydicom.dcmread(BytesIO(dicom_of(pdf, elsewhere))).StudyInstanceUID != (
            one.StudyInstanceUID
        )
        uids = {one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID}
        assert len(uids) == 3
        assert all(uid.is_valid and len(uid) <= 64 for uid in uids)

    def test_parts_cannot_be_shifted_into_each_other(self) -> None:
        assert uid_of("ab", "c") != uid_of("a", "bc")

    def test_a_simulation_is_named_in_the_objects_own_words(self, pdf: bytes) -> None:
        data = pydicom.dcmread(BytesIO(dicom_of(pdf, simulated())))
        assert "simulated" in data.DocumentTitle
        assert "simulated" in data.SeriesDescription

    @pytest.mark.parametrize("facts", [live_session()[0], simulated()], ids=["live", "simulated"])
    def test_an_independent_validator_finds_no_error(
        self, facts: SessionFacts, pdf: bytes, tmp_path: Path
    ) -> None:
        program = shutil.which(VALIDATOR)
        if program is None:
            pytest.skip(f"{VALIDATOR} is not installed (Debian package dicom3tools)")
        path = tmp_path / "report.dcm"
        path.write_bytes(dicom_of(pdf, facts))
        found = subprocess.run(
            [program, path], check=False, capture_output=True, text=True, timeout=30
        )
        told = (found.stdout + found.stderr).strip().splitlines()
        assert told == ["EncapsulatedPDF"]

    def test_the_validator_finds_what_is_wrong(self, pdf: bytes, tmp_path: Path) -> None:
        program = shutil.which(VALIDATOR)
        if program is None:
            pytest.skip(f"{VALIDATOR} is not installed (Debian package dicom3tools)")
        data = pydicom.dcmread(BytesIO(dicom_of(pdf, live_session()[0])))
        del data.SeriesInstanceUID
        data.save_as(tmp_path / "bad.dcm")
        command = [program, str(tmp_path / "bad.dcm")]
        found = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
        assert "SeriesInstanceUID" in found.stdout + found.stderr


class TestCommand:
    def test_a_sessions_folder_is_reported(self, tmp_path: Path) -> None:
        session, out = tmp_path / "session", tmp_path / "out"
        session.mkdir()
        write_facts(session, *live_session())
        given = ["session", "report", "--session", str(session), "--out", str(out), "--dicom"]
        assert main(given) == 0
        written = {path.name: path.read_bytes() for path in out.iterdir()}
        assert sorted(written) == [f"session_report.{kind}" for kind in ("dcm", "html", "pdf")]
        assert written["session_report.html"].decode() == html_of(*live_session())
        assert written["session_report.pdf"] in written["session_report.dcm"]

    def test_a_folder_without_facts_is_a_source_error(self, tmp_path: Path) -> None:
        assert main(["session", "report", "--session", str(tmp_path)]) == 5

    @pytest.mark.parametrize(
        "given",
        [
            [],
            ["--session", "x", "--recording", "y"],
            ["--session", "x", "--rig", "rig.toml"],
            ["--recording", "sim:docking"],
        ],
    )
    def test_what_makes_no_sense_is_refused(self, given: list[str]) -> None:
        assert main(["session", "report", *given]) == 2


def test_what_a_session_knows_of_itself_is_all_on_the_page() -> None:
    told = replace(TOLD, damage="the cable was pulled", notes=("Note one.",))
    page = html_of(*build_facts(gathered(5), told))
    assert "It ended early: the cable was pulled" in page
    assert "Note one." in page
    assert "nobody said that it ended, and nothing was watched after it" in page
    assert "No deviation in the frames that were decided under the beam." in page
