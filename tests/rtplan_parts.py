"""Imports made-up RT Plans, whole or damaged, and catches what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict, Unpack

import pytest
from pydicom.dataset import Dataset

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.rtplan.import_plan import ImportedPlan, import_plan
from pipeline.config.site_file import parse_site
from pipeline.faults.made_dicom import (
    Damage,
    rt_plan,
    written_dicom,
)
from tests.config_texts import IMPORT_SITE
from tracking.errors import ConfigurationError


class Options(TypedDict, total=False):
    structure_set_path: Path
    beam_number: int
    plan_id: str
    position: str


class Refused(Options, total=False):
    site: str
    damage: Damage


def imported(
    folder: Path,
    plan: Dataset | None = None,
    *,
    site: str = IMPORT_SITE,
    damage: Damage | None = None,
    **options: Unpack[Options],
) -> ImportedPlan:
    path = written_dicom(folder, rt_plan() if plan is None else plan, damage=damage)
    return import_plan(path, parse_site(site, "site.toml"), read_catalogue(), **options)


def refusal(
    folder: Path, plan: Dataset | None = None, **options: Unpack[Refused]
) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        imported(folder, plan, **options)
    assert "Doe" not in str(caught.value)
    assert "Jane" not in str(caught.value)
    return caught.value


def beam_of(plan: Dataset) -> Dataset:
    beam: Dataset = plan.BeamSequence[0]
    return beam


def point_of(plan: Dataset) -> Dataset:
    point: Dataset = beam_of(plan).ControlPointSequence[0]
    return point


def set_point(keyword: str, value: object) -> Damage:
    return lambda plan: setattr(point_of(plan), keyword, value)


def set_beam(keyword: str, value: object) -> Damage:
    return lambda plan: setattr(beam_of(plan), keyword, value)


def drop(keyword: str) -> Damage:
    return lambda plan: delattr(plan, keyword)


def first_group(plan: Dataset) -> Dataset:
    group: Dataset = plan.FractionGroupSequence[0]
    return group


def applicator_of(plan: Dataset) -> Dataset:
    applicator: Dataset = beam_of(plan).ApplicatorSequence[0]
    return applicator


def set_applicator(keyword: str, value: object) -> Damage:
    return lambda plan: setattr(applicator_of(plan), keyword, value)


def set_geometry(keyword: str, value: object) -> Damage:
    return lambda plan: setattr(applicator_of(plan).ApplicatorGeometrySequence[0], keyword, value)


def second_point(keyword: str, value: object) -> Damage:
    return lambda plan: setattr(beam_of(plan).ControlPointSequence[1], keyword, value)
