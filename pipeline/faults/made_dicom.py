"""Made-up DICOM plans and structure sets: an electron beam on a sphere, in any orientation."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

RT_PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
PLAN_UID, STRUCTURES_UID, FRAME_UID = "2.25.1001", "2.25.1002", "2.25.1003"
ISOCENTRE = (12.0, -310.0, -25.0)

DicomData = Dataset
Damage = Callable[[DicomData], None]


def item(**values: object) -> Dataset:
    """One data set."""
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, Sequence(value) if isinstance(value, list) else value)
    return made


def electron_beam(
    number: int = 1,
    *,
    gantry_deg: float = 12.0,
    pitch_deg: float = -7.5,
    couch_deg: float = 20.0,
    applicator_id: str = "C6B15",
    opening_mm: float | None = 60.0,
    ssd_mm: float = 500.0,
    energy_mev: float = 9.0,
) -> Dataset:
    """A static electron beam with a circular cone, every angle other than zero."""
    geometry = [item(ApplicatorApertureShape="SYM_CIRCULAR", ApplicatorOpening=opening_mm)]
    applicator = item(
        ApplicatorID=applicator_id,
        ApplicatorType="INTRAOPERATIVE",
        ApplicatorGeometrySequence=[] if opening_mm is None else geometry,
    )
    point = item(
        ControlPointIndex=0,
        NominalBeamEnergy=energy_mev,
        GantryAngle=gantry_deg,
        GantryPitchAngle=pitch_deg,
        BeamLimitingDeviceAngle=33.0,
        PatientSupportAngle=couch_deg,
        SourceToSurfaceDistance=ssd_mm,
    )
    point.IsocenterPosition = list(ISOCENTRE)
    return item(
        BeamNumber=number,
        BeamName="IOERT",
        BeamType="STATIC",
        RadiationType="ELECTRON",
        TreatmentMachineName="MOBETRON_1",
        TreatmentDeliveryType="TREATMENT",
        NumberOfWedges=0,
        NumberOfCompensators=0,
        NumberOfBoli=0,
        NumberOfBlocks=0,
        ReferencedToleranceTableNumber=1,
        ReferencedPatientSetupNumber=1,
        ApplicatorSequence=[applicator],
        ControlPointSequence=[point, item(ControlPointIndex=1)],
    )


def photon_beam(number: int) -> Dataset:
    """A beam that is none of this software's."""
    beam = electron_beam(number)
    beam.RadiationType = "PHOTON"
    beam.ApplicatorSequence = Sequence([])
    return beam


def rt_plan(*beams: Dataset, position: str = "HFS") -> Dataset:
    """An approved plan of the given beams, by default of one electron beam."""
    beams = beams or (electron_beam(),)
    return item(
        SOPClassUID=RT_PLAN,
        SOPInstanceUID=PLAN_UID,
        Modality="RTPLAN",
        PatientName="Doe^Jane",
        PatientID="patient-1",
        RTPlanLabel="bed boost",
        RTPlanGeometry="PATIENT",
        PlanIntent="CURATIVE",
        ToleranceTableSequence=[
            item(
                ToleranceTableNumber=1,
                GantryAngleTolerance=2.0,
                GantryPitchAngleTolerance=0.5,
                TableTopVerticalPositionTolerance=2.5,
                TableTopLongitudinalPositionTolerance=20.0,
                TableTopLateralPositionTolerance=20.0,
            )
        ],
        FractionGroupSequence=[
            item(
                FractionGroupNumber=1,
                NumberOfFractionsPlanned=1,
                ReferencedBeamSequence=[
                    item(ReferencedBeamNumber=beam.BeamNumber) for beam in beams
                ],
            )
        ],
        BeamSequence=list(beams),
        PatientSetupSequence=[item(PatientSetupNumber=1, PatientPosition=position)],
        ReferencedStructureSetSequence=[
            item(ReferencedSOPClassUID=RT_STRUCTURE_SET, ReferencedSOPInstanceUID=STRUCTURES_UID)
        ],
        ApprovalStatus="APPROVED",
    )


def ring(centre: tuple[float, float, float], radius_mm: float, n_points: int = 24) -> list[float]:
    """Contour data of a circle across z."""
    angles = np.arange(n_points) * 2.0 * np.pi / n_points
    x, y, z = centre
    points = np.stack(
        [x + radius_mm * np.cos(angles), y + radius_mm * np.sin(angles), np.full(n_points, z)], 1
    )
    return [float(number) for number in np.round(points, 3).ravel()]


def rt_structure_set(
    centre: tuple[float, float, float] = ISOCENTRE, radius_mm: float = 15.0
) -> Dataset:
    """An approved structure set with the tumor bed, a sphere, and the body."""

    def region(number: int, middle: tuple[float, float, float], size_mm: float) -> Dataset:
        heights = np.linspace(-0.8, 0.8, 5) * size_mm
        contours = []
        for height_mm in heights:
            x, y, z = middle
            across_mm = float(np.sqrt(size_mm**2 - height_mm**2))
            data = ring((x, y, z + float(height_mm)), across_mm)
            contour = item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=24)
            contour.ContourData = data
            contours.append(contour)
        return item(ReferencedROINumber=number, ContourSequence=contours)

    def named(number: int, name: str) -> Dataset:
        return item(ROINumber=number, ROIName=name, ReferencedFrameOfReferenceUID=FRAME_UID)

    return item(
        SOPClassUID=RT_STRUCTURE_SET,
        SOPInstanceUID=STRUCTURES_UID,
        Modality="RTSTRUCT",
        PatientName="Doe^Jane",
        PatientID="patient-1",
        StructureSetROISequence=[named(1, "BODY"), named(9, "Tumor Bed")],
        ROIContourSequence=[region(1, (0.0, -250.0, 0.0), 150.0), region(9, centre, radius_mm)],
        ApprovalStatus="APPROVED",
    )


def dicom_bytes(dataset: Dataset, *, implicit: bool = True) -> bytes:
    """As a DICOM file; items with and without length occur."""
    syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    made = FileDataset("", dataset, file_meta=meta, preamble=b"\0" * 128)
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def copied(dataset: Dataset) -> Dataset:
    """One that can be changed without harm to this one; quicker than a deep copy."""
    return pydicom.dcmread(io.BytesIO(dicom_bytes(dataset)))


def written_dicom(
    folder: Path,
    dataset: Dataset,
    name: str = "plan.dcm",
    *,
    damage: Damage | None = None,
    implicit: bool = True,
) -> Path:
    """Path of a new DICOM file; `damage` changes the data set first."""
    if damage is not None:
        damage(dataset)
    path = folder / name
    path.write_bytes(dicom_bytes(dataset, implicit=implicit))
    return path
