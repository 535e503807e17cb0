from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from calibration.rig_file import parse_rig
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.effective_config import effective_config_text, write_effective_config
from pipeline.config.load import RunConfig, load_config
from pipeline.config.plan_file import parse_plan
from pipeline.config.site_file import parse_site
from pipeline.request import RunRequest
from tests.config_texts import CATALOGUE, PLAN, RIG, SITE, replaced, written
from tracking.errors import ConfigurationError
from tracking.toml_text import TomlValue, toml_text

IDS = {"software_id": "0.1.0", "model_id": "net-1"}


def request(folder: Path, *, plan: str = PLAN, catalogue: str | None = None) -> RunRequest:
    return RunRequest(
        source="sim:docking",
        rig_path=written(folder, "rig.toml", RIG),
        plan_path=written(folder, "plan.toml", plan),
        out_dir=folder / "out",
        catalogue_path=None if catalogue is None else written(folder, "catalogue.toml", catalogue),
        site_path=written(folder, "site.toml", SITE),
    )


def loaded(asked: RunRequest) -> RunConfig:
    assert asked.rig_path is not None
    assert asked.plan_path is not None
    return load_config(asked.rig_path, asked.plan_path, asked.catalogue_path, asked.site_path)


def test_a_run_is_loaded_with_what_its_files_say(tmp_path: Path) -> None:
    config = loaded(request(tmp_path))
    assert config.rig.id == parse_rig(RIG, "").id
    assert config.plan.id == parse_plan(PLAN, "").id
    assert config.applicator.id == "MOB-D60-B15"
    assert config.applicators == read_catalogue().applicators
    assert config.catalogue_id == read_catalogue().id
    assert config.site is not None
    assert (config.texts["rig"], config.texts["plan"], config.texts["site"]) == (RIG, PLAN, SITE)


def test_a_plan_for_another_machine_than_its_applicator_is_refused(tmp_path: Path) -> None:
    catalogue = replaced(CATALOGUE, '"mobetron"', '"liac"')
    with pytest.raises(ConfigurationError, match="another machine") as caught:
        loaded(request(tmp_path, catalogue=catalogue))
    assert "liac" in caught.value.expected
    assert "mobetron" in caught.value.actual


def test_a_plan_with_an_unknown_applicator_is_refused(tmp_path: Path) -> None:
    plan = replaced(PLAN, "MOB-D60-B15", "MOB-D61-B15")
    with pytest.raises(ConfigurationError, match="not in the catalogue"):
        loaded(request(tmp_path, plan=plan))


def test_a_plan_looser_than_its_site_is_refused(tmp_path: Path) -> None:
    plan = replaced(PLAN, "tolerance = 1.0", "tolerance = 1.5")
    with pytest.raises(ConfigurationError, match="looser than the site"):
        loaded(request(tmp_path, plan=plan))


def effective(config: RunConfig, asked: RunRequest) -> str:
    return effective_config_text(config, asked, **IDS)


def test_the_effective_configuration_reads_back_as_the_same_objects(tmp_path: Path) -> None:
    plan = PLAN + "coverage_fraction = {minimum = 0.98}\n[beam]\nenergy_mev = 9.0\n"
    asked = request(tmp_path, plan=plan)
    config = loaded(asked)
    tables = tomllib.loads(effective(config, asked))

    rig = parse_rig(toml_text({"schema": 1, **tables["rig"]}), "")
    assert (rig.head_from_camera == config.rig.head_from_camera).all()
    assert (rig.depth, rig.labels) == (config.rig.depth, config.rig.labels)
    assert rig.calibrated_at == config.rig.calibrated_at
    read = parse_plan(toml_text({"schema": 1, **tables["plan"]}), "")
    assert read.limits == config.plan.limits
    assert read.energy_mev == 9.0
    site = parse_site(toml_text({"schema": 1, **tables["site"]}), "")
    assert config.site is not None
    assert (site.caps, site.persons) == (config.site.caps, config.site.persons)
    entry = written(
        tmp_path, "entry.toml", toml_text({"schema": 1, "applicator": tables["applicator"]})
    )
    assert read_catalogue(entry).find("MOB-D60-B15") == config.applicator


def test_the_effective_configuration_names_everything_a_verdict_rests_on(tmp_path: Path) -> None:
    asked = request(tmp_path)
    config = loaded(asked)
    ids = tomllib.loads(effective(config, asked))["ids"]
    assert config.site is not None
    assert ids == {
        "software": "0.1.0",
        "model": "net-1",
        "plan": config.plan.id,
        "rig": config.rig.id,
        "catalogue": config.catalogue_id,
        "site": config.site.id,
    }


def test_the_effective_configuration_is_the_same_bytes_twice(tmp_path: Path) -> None:
    asked = request(tmp_path)
    first = write_effective_config(tmp_path, loaded(asked), asked, **IDS).read_bytes()
    second = write_effective_config(tmp_path, loaded(asked), asked, **IDS).read_bytes()
    assert first == second


@pytest.mark.parametrize("text", ["", "a b.c", 'quote " and \\', "tab\t", "\x7f\x00", "ü ∅ 😀"])
def test_any_text_survives_as_key_and_as_value(text: str) -> None:
    table: dict[str, TomlValue] = {
        "outer": {text: [text, 1, 2.5e-7, True], "nested": {text: {text: text}}}
    }
    assert tomllib.loads(toml_text(table)) == table
