"""A revision of the plan: what was drawn and chosen becomes part of what is held to.

Limits are the plan's, always. A drawn area at risk replaces the plan's; structures to keep out are
added to the plan's, never taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from calibration.text_file import content_id
from pipeline.config.config_tables import plan_table
from pipeline.config.load import RunConfig
from pipeline.workflow.drawings import Drawing
from tracking.marks import AREA_AT_RISK, keep_out_name
from tracking.plan import Plan
from tracking.toml_text import toml_text

KEEP_OUT = keep_out_name("")


def revised(base: RunConfig, applicator: str, sheet: Sequence[Drawing]) -> RunConfig:
    """The configuration with what was drawn and chosen; its plan has an id of its own.

    Parameters
    ----------
    base : RunConfig
        As it was read: revisions do not build on one another.
    applicator : str
        Id of the chosen cone, one of the catalogue's.

    Raises
    ------
    ValueError
        The plan has no limit that what was drawn could be held to, or a name is taken.
    """
    plan = replace(base.plan, applicator_id=applicator)
    for drawing in sheet:
        if drawing.name == AREA_AT_RISK:
            plan = replace(plan, area_at_risk=drawing.outline)
            continue
        name = drawing.name.removeprefix(KEEP_OUT)
        if name in dict(base.plan.keep_out):
            raise ValueError(f"the plan has a structure {name} itself")
        plan = replace(plan, keep_out=(*plan.keep_out, (name, drawing.outline)))
    if plan == base.plan:
        return base
    text = toml_text({"schema": 1, **plan_table(plan)})
    plan = replace(plan, id=content_id(plan.plan_id, text))
    texts = {**base.texts, "plan": text}
    return replace(base, plan=plan, applicator=base.applicators[applicator], texts=texts)


def can_hold(plan: Plan, name: str) -> bool:
    """Whether the plan has the limit that an outline of this name is for."""
    if name == AREA_AT_RISK:
        return plan.limits.coverage_minimum_fraction is not None
    return plan.limits.intrusion_maximum_mm is not None
