"""Opens what a QA command names: rig, site, store, protocol, phantom, source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from calibration.qa.baseline import Baseline
from calibration.qa.protocol import Protocol, ProtocolName
from calibration.qa.protocol_file import read_protocol
from calibration.qa_store.store import QaStore, open_store
from calibration.rig_file import read_rig
from models.loading import SegmenterKind, load_segmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.qa_settings import QaSettings
from pipeline.config.site import Site
from pipeline.config.site_file import read_site
from pipeline.qa.address import address_of
from pipeline.qa.running import QaBench
from recordings.opening import open_source
from recordings.source import Source
from tracking.applicator import Applicator
from tracking.errors import CalibrationError, UsageError


@dataclass(frozen=True, eq=False)
class QaPlace:
    """What the options of a QA command name."""

    rig_path: Path
    site_path: Path | None = None
    store: str | None = None
    catalogue_path: Path | None = None
    segmenter: SegmenterKind = "onnx"
    operator: str = ""


@dataclass(frozen=True, eq=False)
class OpenPlace:
    """The same, opened."""

    bench: QaBench
    site: Site | None
    applicators: Mapping[str, Applicator]

    @property
    def settings(self) -> QaSettings:
        """The site's, or the defaults."""
        return QaSettings() if self.site is None else self.site.qa

    def protocol(self, name: ProtocolName) -> Protocol:
        """The site's own protocol, or the shipped one."""
        return read_protocol(name, self.settings.protocols_dir)

    def phantom(self, name: str) -> Applicator:
        """The catalogue's cone that serves as phantom. Raises UsageError."""
        if name not in self.applicators:
            raise UsageError(
                f"--phantom: the catalogue has no applicator {name}.",
                remedy="`applicators list` shows them.",
            )
        return self.applicators[name]

    def baseline(self, source: Source) -> Baseline:
        """The reference of this rig. Raises CalibrationError where none was taken."""
        rig = self.bench.rig
        found = self.bench.store.baseline(rig.camera_serial, rig.id, source.header.origin)
        if found is None:
            raise CalibrationError(
                f"No reference of the rig {rig.id} is stored.",
                expected=f"one from {source.header.origin} frames of camera {rig.camera_serial}",
                remedy="Stand the phantom in its jig, then run `qa baseline`.",
            )
        return found


def utc_now() -> datetime:
    """The computer's clock."""
    return datetime.now(UTC)


@contextmanager
def open_place(place: QaPlace) -> Iterator[OpenPlace]:
    """Open rig, site, catalogue and store.

    Raises
    ------
    TrackerError
        A file or the store cannot be used, or the operator is not registered.
    """
    rig = read_rig(place.rig_path)
    site = None if place.site_path is None else read_site(place.site_path)
    check_operator(place.operator, site)
    applicators = read_catalogue(place.catalogue_path).applicators
    segmenter = load_segmenter(place.segmenter)
    store = open_store(address_of(place.store, site))
    try:
        yield OpenPlace(QaBench(store, rig, segmenter, place.operator, utc_now), site, applicators)
    finally:
        store.close()


@contextmanager
def opened(place: OpenPlace, uri: str) -> Iterator[Source]:
    """Open the source of a run, and close it."""
    source = open_source(uri, applicators=place.applicators)
    try:
        yield source
    finally:
        source.close()


@contextmanager
def existing_store(
    option: str | None, site_path: Path | None
) -> Iterator[tuple[QaStore, Site | None]]:
    """A store that has to be there already. Raises TrackerError."""
    site = None if site_path is None else read_site(site_path)
    store = open_store(address_of(option, site), must_exist=True)
    try:
        yield store, site
    finally:
        store.close()


def check_operator(operator: str, site: Site | None) -> None:
    """Refuse an operator whom the site does not know; a site that registers persons needs one."""
    if site is None or not site.persons:
        return
    known = [person.id for person in site.persons]
    if not operator.strip():
        raise UsageError(
            f"--operator is missing: the site {site.site_id} registers its persons.",
            remedy=f"Name one of {', '.join(known)}.",
        )
    if operator not in known:
        raise UsageError(
            f"--operator: the site {site.site_id} does not register {operator}.",
            remedy=f"Name one of {', '.join(known)}, or register the person in the site file.",
        )
