"""The PDF as a DICOM object: Encapsulated PDF Storage (PS3.3 A.45.1), for the patient's archive.

Its unique identifiers follow from the facts and the PDF: the same report is the same object. No
person is named: of the patient the plan knows an id alone, and what is unknown stays empty.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from pipeline.session_report.facts import SessionFacts

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileMetaDataset

NAMESPACE = UUID("5f3a4c0e-6c1d-5b0b-9a57-3f0c5f0a7f21")  # of this project's reports, drawn once
UID_ROOT = "2.25."  # identifiers that are a UUID as a whole number (PS3.5 B.2)
MAX_LO, MAX_SH = 64, 16  # characters of the value representations LO and SH
TITLE = "Session report of applicator tracking"
MANUFACTURER_MODEL = "applicator tracking, research software"


def dicom_of(pdf: bytes, facts: SessionFacts) -> bytes:
    """Return a DICOM file that holds `pdf`; the same bytes for the same input."""
    from pydicom.dataset import Dataset

    meta, data = _meta(pdf, facts), Dataset()
    data.file_meta = meta
    data.SOPClassUID, data.SOPInstanceUID = (
        meta.MediaStorageSOPClassUID,
        meta.MediaStorageSOPInstanceUID,
    )
    _patient_and_study(data, facts)
    _series_and_equipment(data, facts)
    _document(data, facts, pdf)
    out = BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def uid_of(*parts: str) -> str:
    """A unique identifier that follows from `parts`: the same parts, the same identifier."""
    text = "\n".join(f"{len(part)}:{part}" for part in parts)
    return UID_ROOT + str(uuid5(NAMESPACE, text).int)


def _meta(pdf: bytes, facts: SessionFacts) -> FileMetaDataset:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID, EncapsulatedPDFStorage, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    digest = hashlib.sha256(pdf).hexdigest()
    meta.MediaStorageSOPInstanceUID = UID(uid_of("instance", *_session(facts), digest))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta


def _session(facts: SessionFacts) -> tuple[str, ...]:
    return facts.plan.patient_id, facts.session_id


def _patient_and_study(data: Dataset, facts: SessionFacts) -> None:
    """Type 2 attributes that nobody told are there, and empty."""
    data.SpecificCharacterSet = "ISO_IR 192"  # UTF-8
    data.PatientName = ""
    data.PatientID = _text(facts.plan.patient_id, MAX_LO)
    data.PatientBirthDate = ""
    data.PatientSex = ""
    data.StudyInstanceUID = uid_of("study", *_session(facts))
    data.StudyDate, data.StudyTime = _date_and_time(facts)
    data.ReferringPhysicianName = ""
    data.StudyID = hashlib.sha256("\n".join(_session(facts)).encode()).hexdigest()[:MAX_SH]
    data.AccessionNumber = ""


def _series_and_equipment(data: Dataset, facts: SessionFacts) -> None:
    data.Modality = "DOC"
    data.SeriesInstanceUID = uid_of("series", *_session(facts))
    data.SeriesNumber = 1
    data.SeriesDescription = _text(TITLE if facts.is_live else f"{TITLE} ({facts.origin})", MAX_LO)
    data.Manufacturer = ""
    data.ManufacturerModelName = MANUFACTURER_MODEL
    data.SoftwareVersions = _text(facts.ids.software, MAX_LO)
    data.ConversionType = "WSD"  # made by a workstation


def _document(data: Dataset, facts: SessionFacts, pdf: bytes) -> None:
    data.InstanceNumber = 1
    data.ContentDate, data.ContentTime = _date_and_time(facts)
    data.AcquisitionDateTime = "".join(_date_and_time(facts))
    data.BurnedInAnnotation = "YES"  # the pages show the patient's id
    data.DocumentTitle = TITLE if facts.is_live else f"{TITLE} ({facts.origin}, no treatment)"
    data.ConceptNameCodeSequence = []
    data.VerificationFlag = "UNVERIFIED"  # signatures are on paper
    data.MIMETypeOfEncapsulatedDocument = "application/pdf"
    data.EncapsulatedDocumentLength = len(pdf)
    data.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)


def _date_and_time(facts: SessionFacts) -> tuple[str, str]:
    """As DICOM writes them, UTC; empty where the source has no clock."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(facts.recorded_at)
    except ValueError:
        return "", ""
    if moment.tzinfo is None:
        return "", ""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y%m%d}", f"{moment:%H%M%S}"


def _text(text: str, limit: int) -> str:
    """Without the backslash, which separates values, and no longer than allowed."""
    return text.replace("\\", "/").strip()[:limit]
