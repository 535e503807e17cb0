"""A DICOM file from disk: whole, of the wanted kind, and identified by the hash of its bytes."""

from __future__ import annotations

import hashlib
import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.config import IGNORE
from pydicom.dataset import Dataset
from pydicom.uid import UID

from pipeline.config.rtplan.attributes import UNREADABLE, Attributes
from pipeline.config.rtplan.whole_file import check_whole
from tracking.errors import ConfigurationError

MAX_BYTES = 128 * 2**20  # a structure set of a whole body is smaller; an image series is not one
RT_PLAN = UID("1.2.840.10008.5.1.4.1.1.481.5")
RT_STRUCTURE_SET = UID("1.2.840.10008.5.1.4.1.1.481.3")


@dataclass(frozen=True, eq=False)
class DicomFile:
    """What was read of one file."""

    attributes: Attributes
    sha256: str


def read_dicom(path: Path, sop_class: UID) -> DicomFile:
    """Read a file of the given kind.

    Raises
    ------
    ConfigurationError
        It is missing, unreadable, cut, no DICOM file, or of another kind.
    """
    data = _bytes(path)
    try:
        check_whole(data)
        dataset = _parsed(data)
    except UNREADABLE as error:
        raise ConfigurationError(
            f"{path} is no whole DICOM file.",
            expected="a file as the planning system exports it (DICOM Part 10, little endian)",
            actual=str(error),
            remedy="Export it again and compare the sizes of the copies.",
        ) from error
    attributes = Attributes(dataset, path.name)
    found = attributes.text("SOPClassUID")
    if found != sop_class:
        raise ConfigurationError(
            f"{path} is another kind of DICOM file.",
            expected=UID(sop_class).name,
            actual=UID(found, validation_mode=IGNORE).name,
            remedy="Name the right file; ion and brachytherapy plans cannot be used.",
        )
    return DicomFile(attributes, hashlib.sha256(data).hexdigest())


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if path.is_file() and size <= MAX_BYTES else b""
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read.",
            expected="a DICOM file",
            actual=error.strerror or type(error).__name__,
            remedy="Check the path and its permissions.",
        ) from error
    if not data:
        raise ConfigurationError(
            f"{path} cannot be a plan or a structure set.",
            expected=f"a file of 1 to {MAX_BYTES} bytes",
            actual=f"{size} bytes" if path.is_file() else "not a file",
            remedy="Name the DICOM file itself.",
        )
    return data


def _parsed(data: bytes) -> Dataset:
    """Parse; what the library only warns about is judged value by value in `Attributes`."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(data), force=False)
