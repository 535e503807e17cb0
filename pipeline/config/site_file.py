"""`site.toml`: reading a site's rules."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Annotated

from pydantic import Field

from calibration.text_file import content_id, read_text_file
from pipeline.config.display_table import DisplayTable, display_settings_of
from pipeline.config.pin import PinVerifier, parse_verifier
from pipeline.config.planned import PlannedRanges, PlannedTable, planned_ranges_of
from pipeline.config.qa_settings import QaTable, qa_settings_of
from pipeline.config.site import Caps, Person, Role, Site
from pipeline.config.site_machines import (
    MachineTable,
    applicator_pattern,
    parse_machines,
    pattern_of,
)
from pipeline.config.supervisor_table import SupervisorTable, settings_of
from tracking.errors import ConfigurationError
from tracking.strict_toml import StrictFile, StrictTable, Text, parse_toml

Cap = Annotated[float, Field(gt=0)]


class CapsTable(StrictTable):
    """`[caps]`: greatest tolerance of each quantity; the first six are mandatory."""

    docking_tilt_deg: Cap
    docking_lateral_mm: Cap
    docking_gap_mm: Cap
    incidence_deg: Cap
    air_gap_mm: Cap
    ssd_error_mm: Cap
    coverage_fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    intrusion_mm: Cap | None = None
    air_gap_rim_mm: Cap | None = None


class PersonTable(StrictTable):
    """`[person.ID]`."""

    name: Text
    role: Role
    pin: Text | None = None


class SiteFile(StrictFile):
    """`site.toml` as written."""

    site_id: Text
    applicator_pattern: Text | None = None
    area_at_risk_pattern: Text | None = None
    caps: CapsTable
    machine: dict[str, MachineTable] = Field(default={})
    person: dict[str, PersonTable] = Field(default={})
    supervisor: SupervisorTable = SupervisorTable()
    qa: QaTable = QaTable()
    display: DisplayTable = DisplayTable()
    planned: PlannedTable = PlannedTable()


def read_site(path: Path) -> Site:
    """Read `site.toml`.

    Raises
    ------
    ConfigurationError
        The file is missing, unreadable or malformed.
    """
    return parse_site(read_text_file(path, "site"), str(path))


def parse_site(text: str, what: str) -> Site:
    """Parse the text of a site file; `what` names it in messages. Raises as `read_site`."""
    file = parse_toml(text, SiteFile, what)
    caps, planned = _caps(file.caps), _planned(file.planned, what)
    area = file.area_at_risk_pattern
    return Site(
        id=content_id(file.site_id, text),
        site_id=file.site_id,
        caps=caps,
        applicator_pattern=applicator_pattern(file.applicator_pattern, "applicator_pattern", what),
        machines=parse_machines(file.machine, caps, planned, what),
        persons=_persons(file.person, what),
        supervisor=settings_of(file.supervisor, what),
        qa=qa_settings_of(file.qa),
        display=display_settings_of(file.display, what),
        area_at_risk_pattern=None
        if area is None
        else pattern_of(area, "area_at_risk_pattern", what),
        planned=planned,
    )


def _planned(table: PlannedTable, what: str) -> PlannedRanges:
    try:
        return planned_ranges_of(table)
    except ValueError as error:
        raise ConfigurationError(
            f"{what}: [planned] is looser than the built-in ranges.",
            actual=str(error),
            remedy="Tighten it, or take the key out: the built-in range then holds.",
        ) from error


def _caps(caps: CapsTable) -> Caps:
    return Caps(
        docking_tilt_deg=caps.docking_tilt_deg,
        docking_lateral_mm=caps.docking_lateral_mm,
        docking_gap_mm=caps.docking_gap_mm,
        incidence_deg=caps.incidence_deg,
        air_gap_mm=caps.air_gap_mm,
        ssd_error_mm=caps.ssd_error_mm,
        coverage_minimum_fraction=caps.coverage_fraction,
        intrusion_maximum_mm=caps.intrusion_mm,
        air_gap_rim_maximum_mm=caps.air_gap_rim_mm,
    )


def _persons(tables: dict[str, PersonTable], what: str) -> tuple[Person, ...]:
    by_name: dict[str, str] = {}
    for key, table in tables.items():
        name = _compared(table.name)
        if by_name.setdefault(name, key) != key:
            raise ConfigurationError(
                f"{what}: one person is registered twice and could sign for two.",
                expected="each name once",
                actual=f"person.{by_name[name]} and person.{key}",
                remedy="Remove one of them; tell persons of one name apart by their full names.",
            )
    _refuse_copied_pins(tables, what)
    return tuple(
        Person(key, table.name, table.role, _pin(key, table.pin, what))
        for key, table in sorted(tables.items())
    )


def _compared(name: str) -> str:
    """A name without what the eye does not tell apart: case, spaces, marks that show nothing."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    shown = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return " ".join(shown.split())


def _refuse_copied_pins(tables: dict[str, PersonTable], what: str) -> None:
    by_pin: dict[str, str] = {}
    for key, table in tables.items():
        if table.pin is not None and by_pin.setdefault(table.pin, key) != key:
            raise ConfigurationError(
                f"{what}: one PIN would sign for two persons.",
                expected="each `pin` line once",
                actual=f"the same line at person.{by_pin[table.pin]} and person.{key}",
                remedy=f"Let {key} run `site pin {key}` and choose a PIN of their own.",
            )


def _pin(person: str, text: str | None, what: str) -> PinVerifier | None:
    """The verifier; a message never repeats what stands there, for it may be a PIN in clear."""
    if text is None:
        return None
    try:
        return parse_verifier(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{what}: person.{person}.pin cannot be used.",
            expected="the line that `site pin` prints",
            actual=str(error),
            remedy=f"Run `site pin {person}`; if the PIN itself stood there, choose another.",
        ) from error
