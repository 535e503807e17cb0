"""`plan check`, `rig check`: judge one file before a patient waits for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options, plan_import
from pipeline.cli.output import print_json, print_toml
from tracking.errors import CalibrationError, ConfigurationError, UsageError

if TYPE_CHECKING:
    from tracking.rig import Rig
    from tracking.toml_text import TomlValue


def build_plan() -> typer.Typer:
    """Return the group of commands about plans."""
    group = typer.Typer(help="Treatment plans.", no_args_is_help=True)
    group.callback()(_group)
    group.command("check")(check_plan)
    group.command("import")(plan_import.import_plan)
    return group


def build_rig() -> typer.Typer:
    """Return the group of commands about rig calibrations."""
    group = typer.Typer(help="Rig calibrations.", no_args_is_help=True)
    group.callback()(_group)
    group.command("check")(check_rig)
    return group


def check_plan(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="plan.toml, or a DICOM RT Plan")],
    *,
    catalogue: options.Catalogue = None,
    site: options.Site = None,
    as_json: options.Json = False,
) -> None:
    """Check a plan against catalogue and site, and show it; one without approval is refused."""
    from pipeline.config.config_tables import plan_table
    from pipeline.config.dicom_magic import is_dicom
    from pipeline.config.load import load_plan

    if is_dicom(plan):
        _check_dicom(plan, catalogue, site, as_json=as_json)
        return
    checked = load_plan(plan, catalogue, site)
    show = print_json if as_json else print_toml
    show({"ids": {"plan": checked.plan.id}, "plan": plan_table(checked.plan)})
    if not checked.plan.approved:
        raise ConfigurationError(
            f"{plan}: is well formed, but not approved: never READY.",
            expected="approved = true",
            actual="approved = false",
            remedy="Have the plan approved where it was made.",
        )
    if as_json:
        return
    if checked.plan.area_at_risk_patient is not None and checked.plan.area_at_risk is None:
        typer.echo(plan_import.REGION_NOTE, err=True)
    typer.echo(f"{plan}: can be used.", err=True)


def _check_dicom(plan: Path, catalogue: Path | None, site: Path | None, *, as_json: bool) -> None:
    if site is None:
        raise UsageError(
            "A DICOM plan can only be checked with its site's rules.",
            expected="--site site.toml",
            remedy="Name the site file: it tells how machine and applicator are written.",
        )
    plan_import.show(plan_import.read(plan, site, catalogue), as_json=as_json)
    typer.echo(f"{plan}: can be imported with `plan import`.", err=True)


def check_rig(
    rig: Annotated[Path, typer.Argument(metavar="RIG", help="rig.toml")],
    *,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="SOURCE",
            help="realsense[:SERIAL]: hold the rig against this camera and its temperature.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Check a rig calibration and show it; refused: expired, another camera's, too uncertain."""
    from datetime import UTC, datetime

    from calibration.rig_check import check_rig_is_valid, check_rig_sigmas
    from calibration.rig_file import read_rig
    from calibration.temperature import Band, check_temperature
    from pipeline.config.config_tables import rig_table

    checked = read_rig(rig)
    check_rig_is_valid(checked, datetime.now(UTC))
    check_rig_sigmas(checked.position_sigma_mm, checked.angle_sigma_deg, str(rig))
    warmth = check_temperature(
        checked.depth_calibration, None if source is None else _camera_temperature(source, checked)
    )
    if warmth.band is Band.OUTSIDE:
        raise CalibrationError(
            "The camera is not as warm as when its depth was calibrated.",
            actual=warmth.sentence,
            remedy="Let the camera run until it is, or calibrate its depth for this temperature.",
        )
    told: dict[str, TomlValue] = {"ids": {"rig": checked.id}, "rig": rig_table(checked)}
    if as_json:
        print_json({**told, "temperature": warmth.band.value})
    else:
        print_toml(told)
    typer.echo(f"note: {warmth.sentence}", err=True)
    typer.echo(f"{rig}: can be used.", err=True)


def _camera_temperature(uri: str, rig: Rig) -> float | None:
    """Temperature of the source's camera, which must be the rig's; None: it is not told."""
    from calibration.rig_check import check_rig_fits_camera
    from recordings.opening import open_source
    from recordings.source import source_temperature_c

    source = open_source(uri, applicators={})
    try:
        check_rig_fits_camera(rig, source.header.device_serial, source.header.origin)
        source.read()  # the camera tells its temperature while it streams
        return source_temperature_c(source)
    finally:
        source.close()


def _group() -> None:
    """Keeps a group of one command a group."""
