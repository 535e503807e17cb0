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


@dataclass(frozen=True)
class ConfigText:
    """A configuration file as read.

    Attributes
    ----------
    path : Path
        Names it in messages; a catalogue's is also what its id is called by.
    is_file : bool
        False where the text was carried by something else: nothing lies beside it, no mesh either.
    """

    text: str
    path: Path
    is_file: bool = True

    @staticmethod
    def read(path: Path, what: str) -> ConfigText:
        """Read it once: what is judged is what is kept. Raises ConfigurationError."""
        return ConfigText(read_text_file(path, what), path)


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
    """Read rig, plan, catalogue (default: the built-in one) and site.

    Raises
    ------
    ConfigurationError
        A file is missing or malformed, or two of them contradict each other.
    CalibrationError
        The rig's numbers cannot be a calibration.
    """
    return config_of(
        ConfigText.read(rig_path, "rig"),
        ConfigText.read(plan_path, "plan"),
        read_catalogue_text(catalogue_path),
        None if site_path is None else ConfigText.read(site_path, "site"),
    )


def read_catalogue_text(path: Path | None) -> ConfigText:
    """The catalogue's text; without a path that of the built-in one."""
    return ConfigText.read(BUILT_IN_CATALOGUE if path is None else path, "catalogue")


def config_of(
    rig: ConfigText, plan: ConfigText, catalogue: ConfigText, site: ConfigText | None
) -> RunConfig:
    """As `load_config`, of texts."""
    parsed = parse_rig(rig.text, str(rig.path))
    planned = plan_of(plan, catalogue, site)
    return RunConfig(
        rig=parsed,
        plan=planned.plan,
        applicator=planned.catalogue.find(planned.plan.applicator_id),
        applicators=planned.catalogue.applicators,
        catalogue_id=planned.catalogue.id,
        site=planned.site,
        texts={"rig": rig.text, **planned.texts},
    )


def load_plan(
    plan_path: Path, catalogue_path: Path | None = None, site_path: Path | None = None
) -> PlanConfig:
    """Read a plan and hold it against catalogue and site. Raises ConfigurationError."""
    return plan_of(
        ConfigText.read(plan_path, "plan"),
        read_catalogue_text(catalogue_path),
        None if site_path is None else ConfigText.read(site_path, "site"),
    )


def plan_of(plan: ConfigText, catalogue: ConfigText, site: ConfigText | None) -> PlanConfig:
    """As `load_plan`, of texts."""
    parsed = parse_plan(plan.text, str(plan.path))
    found = parse_catalogue(catalogue.text, catalogue.path, is_file=catalogue.is_file)
    applicator = found.find(parsed.applicator_id)
    check_machine(parsed, applicator)
    check_goals(parsed, applicator)
    texts = {"plan": plan.text, "catalogue": catalogue.text}
    if site is None:
        check_beam(parsed)
        return PlanConfig(parsed, found, None, texts)
    rules = parse_site(site.text, str(site.path))
    check_plan_against_site(parsed, applicator, rules)
    return PlanConfig(parsed, found, rules, {**texts, "site": site.text})


def check_machine(plan: Plan, applicator: Applicator) -> None:
    """Raise ConfigurationError where the planned applicator belongs to another machine."""
    if plan.machine != applicator.machine:
        raise ConfigurationError(
            f"The plan {plan.plan_id} is for another machine than its applicator.",
            expected=f"{applicator.id} is an applicator of the machine {applicator.machine}",
            actual=f"the plan's machine is {plan.machine}",
            remedy="Load the plan of this machine, or correct the plan.",
        )
