"""`plan import`: a DICOM RT Plan as plan.toml; on any doubt nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_toml
from tracking.errors import UsageError

if TYPE_CHECKING:
    from pipeline.config.rtplan.import_plan import ImportedPlan

REGION_NOTE = (
    "The region of the structure set says what was meant. The patient is not registered to the "
    "bed: draw the area at risk on a frame, or coverage stays unproven and never READY."
)
Structures = Annotated[
    Path | None,
    typer.Option("--rtstruct", help="RT Structure Set with the area at risk."),
]
Beam = Annotated[
    int | None, typer.Option("--beam", help="Beam Number, where the plan has several.")
]
PlanId = Annotated[str | None, typer.Option("--plan-id", help="Instead of the plan's own label.")]


Position = Annotated[
    str | None,
    typer.Option("--position", help="How the patient lies (HFS, HFP, FFS, FFP), as you see it."),
]


def import_plan(
    rtplan: Annotated[Path, typer.Argument(metavar="RTPLAN", help="RT Plan (.dcm)")],
    *,
    site: Annotated[Path, typer.Option("--site", help="Site rules (site.toml).")],
    out: Annotated[Path, typer.Option("--out", help="The plan.toml to write.")],
    rtstruct: Structures = None,
    beam: Beam = None,
    plan_id: PlanId = None,
    position: Position = None,
    catalogue: options.Catalogue = None,
    as_json: options.Json = False,
) -> None:
    """Import an approved electron plan from DICOM."""
    if out.exists():
        raise UsageError(
            "The plan file exists and is not overwritten.",
            actual=str(out),
            remedy="Name another file, or move the old plan away.",
        )
    if not out.parent.is_dir():
        raise UsageError("The plan's folder does not exist.", actual=str(out.parent))
    imported = read(
        rtplan,
        site,
        catalogue,
        rtstruct=rtstruct,
        beam=beam,
        plan_id=plan_id,
        position=position,
    )
    _write(out, imported.text)
    show(imported, as_json=as_json)
    typer.echo(f"{out}: written; have it checked by a second person.", err=True)


def _write(out: Path, text: str) -> None:
    """Write the whole file or nothing."""
    partial = out.with_name(f"{out.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        partial.replace(out)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(
            "The plan cannot be written.", actual=f"{out}: {error.strerror}"
        ) from error


def read(
    rtplan: Path,
    site: Path,
    catalogue: Path | None,
    *,
    rtstruct: Path | None = None,
    beam: int | None = None,
    plan_id: str | None = None,
    position: str | None = None,
) -> ImportedPlan:
    """Read a DICOM plan with the site and the catalogue. Raises ConfigurationError."""
    from pipeline.config.catalogue_file import read_catalogue
    from pipeline.config.rtplan.import_plan import import_plan as run_import
    from pipeline.config.site_file import read_site

    return run_import(
        rtplan,
        read_site(site),
        read_catalogue(catalogue),
        structure_set_path=rtstruct,
        beam_number=beam,
        plan_id=plan_id,
        position=position,
    )


def show(imported: ImportedPlan, *, as_json: bool) -> None:
    """Print the plan as it would be written."""
    from pipeline.config.config_tables import plan_table

    plan = imported.plan
    if as_json:
        print_json({"ids": {"plan": plan.id}, "plan": plan_table(plan)})
    else:
        print_toml({"ids": {"plan": plan.id}, "plan": plan_table(plan)})
    if plan.area_at_risk_patient is not None and plan.area_at_risk is None:
        typer.echo(REGION_NOTE, err=True)
