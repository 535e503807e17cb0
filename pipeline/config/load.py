"""Everything a run is configured with, read and held against each other before a frame is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from calibration.rig_file import parse_rig
from calibration.text_file import read_text_file
from pipeline.config.catalogue_file import BUILT_IN_CATALOGUE, Catalogue, parse_catalogue
from pipeline.config.machine_values import check_beam
from pipeline.config.plan_file import parse_plan
from pipeline.config.site import Site
from pipeline.config.site_check import check_goals, check_plan_against_site
from pipeline.config.site_file import parse_site
from pipeline.request import RunRequest
from tracking.applicator import Applicator
from tracking.errors import ConfigurationError
from tracking.plan import Plan
from tracking.rig import Rig


@dataclass(frozen=True, eq=False)
class RunConfig:
    """A consistent configuration.

    Attributes
    ----------
    applicator : Applicator
        The planned one.
    applicators : mapping
        The whole catalogue by id, from which the image must rule out all but the planned one.
    texts : mapping
        "rig", "plan", "catalogue" and, where given, "site": the files' texts as read.
    """

    rig: Rig
    plan: Plan
    applicator: Applicator
    applicators: Mapping[str, Applicator]
    catalogue_id: str
    site: Site | None
    texts: Mapping[str, str]


def load_run(request: RunRequest) -> RunConfig:
    """Read the rig, plan, catalogue and site that a run names.

    Raises
    ------
    ConfigurationError
        A file is missing or malformed, or two of them contradict each other.
    CalibrationError
        The rig's numbers cannot be a calibration.
    """
    return load_config(
        request.rig_path, request.plan_path, request.catalogue_path, request.site_path
    )


@dataclass(frozen=True, eq=False)
class PlanConfig:
    """A plan that agrees with its catalogue and, where given, its site."""

    plan: Plan
    catalogue: Catalogue
    site: Site | None
    texts: Mapping[str, str]


def load_config(
    rig_path: Path,
    plan_path: Path,
    catalogue_path: Path | None = None,
    site_path: Path | None = None,
) -> RunConfig:
    """As `load_run`, from paths."""
    rig_text = read_text_file(rig_path, "rig")
    rig = parse_rig(rig_text, str(rig_path))
    planned = load_plan(plan_path, catalogue_path, site_path)
    return RunConfig(
        rig=rig,
        plan=planned.plan,
        applicator=planned.catalogue.find(planned.plan.applicator_id),
        applicators=planned.catalogue.applicators,
        catalogue_id=planned.catalogue.id,
        site=planned.site,
        texts={"rig": rig_text, **planned.texts},
    )


def load_plan(
    plan_path: Path, catalogue_path: Path | None = None, site_path: Path | None = None
) -> PlanConfig:
    """Read a plan and hold it against catalogue and site. Raises ConfigurationError."""
    catalogue_path = BUILT_IN_CATALOGUE if catalogue_path is None else catalogue_path
    # Each file is read once: what is judged is what is kept.
    texts = {
        "plan": read_text_file(plan_path, "plan"),
        "catalogue": read_text_file(catalogue_path, "catalogue"),
    }
    plan = parse_plan(texts["plan"], str(plan_path))
    catalogue = parse_catalogue(texts["catalogue"], catalogue_path)
    applicator = catalogue.find(plan.applicator_id)
    check_machine(plan, applicator)
    check_goals(plan, applicator)
    site = None
    if site_path is None:
        check_beam(plan)
    else:
        texts["site"] = read_text_file(site_path, "site")
        site = parse_site(texts["site"], str(site_path))
        check_plan_against_site(plan, applicator, site)
    return PlanConfig(plan, catalogue, site, texts)


def check_machine(plan: Plan, applicator: Applicator) -> None:
    """Raise ConfigurationError where the planned applicator belongs to another machine."""
    if plan.machine != applicator.machine:
        raise ConfigurationError(
            f"The plan {plan.plan_id} is for another machine than its applicator.",
            expected=f"{applicator.id} is an applicator of the machine {applicator.machine}",
            actual=f"the plan's machine is {plan.machine}",
            remedy="Load the plan of this machine, or correct the plan.",
        )
