"""`effective_config.toml`: what a run really worked with, written beside its results.

Its tables [rig], [plan], [site] and [applicator.ID] can be read again with the keys of the
files they come from.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.config.config_tables import (
    Table,
    applicator_table,
    plan_table,
    rig_table,
    site_table,
)
from pipeline.config.load import RunConfig
from pipeline.request import RunRequest
from pipeline.version import SOFTWARE_ID
from recordings.naming import source_name
from tracking.strict_toml import SCHEMA_VERSION
from tracking.toml_text import toml_text

EFFECTIVE_CONFIG_NAME = "effective_config.toml"


def effective_config_text(
    config: RunConfig, request: RunRequest, *, software_id: str, model_id: str
) -> str:
    """Return the effective configuration of one run as TOML."""
    run: Table = {
        "source": source_name(request.source),
        "segmenter": request.segmenter,
        "independent": request.independent,
    }
    if request.first or request.last is not None:  # a part of the source
        run["from"] = request.first
        if request.last is not None:
            run["to"] = request.last
        if request.cold:
            run["cold"] = True
    if request.all_parts:
        run["all_parts"] = True
    return _text(config, software_id, model_id, run)


def config_text(config: RunConfig, *, model_id: str) -> str:
    """Return the configuration of a live session, which has no request, as TOML."""
    return _text(config, SOFTWARE_ID, model_id, {"source": "live"})


def _text(config: RunConfig, software_id: str, model_id: str, run: Table) -> str:
    table: Table = {
        "schema": SCHEMA_VERSION,
        "ids": {
            "software": software_id,
            "model": model_id,
            "plan": config.plan.id,
            "rig": config.rig.id,
            "catalogue": config.catalogue_id,
            "site": "" if config.site is None else config.site.id,
        },
        "run": run,
        "rig": rig_table(config.rig),
        "plan": plan_table(config.plan),
    }
    if config.site is not None:
        table["site"] = site_table(config.site)
    table["applicator"] = {config.applicator.id: applicator_table(config.applicator)}
    return toml_text(table)


def write_effective_config(
    directory: Path, config: RunConfig, request: RunRequest, *, software_id: str, model_id: str
) -> Path:
    """Write `effective_config.toml` into `directory` and return its path."""
    path = directory / EFFECTIVE_CONFIG_NAME
    text = effective_config_text(config, request, software_id=software_id, model_id=model_id)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
