"""`applicators list|show|mesh|collar`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_table, print_toml
from tracking.errors import UsageError

Id = Annotated[str, typer.Argument(metavar="ID", help="As the catalogue names it.")]


def build() -> typer.Typer:
    """Return the group of commands."""
    group = typer.Typer(help="The catalogue of applicators.", no_args_is_help=True)
    group.command("list")(list_applicators)
    group.command("show")(show)
    group.command("mesh")(mesh)
    group.command("collar")(collar)
    return group


def list_applicators(*, catalogue: options.Catalogue = None, as_json: options.Json = False) -> None:
    """List every applicator."""
    from pipeline.config.catalogue_file import read_catalogue
    from pipeline.config.config_tables import applicator_table

    found = read_catalogue(catalogue)
    if as_json:
        entries = [{"id": a.id, **applicator_table(a)} for a in found.applicators.values()]
        print_json({"catalogue": found.id, "applicators": entries})
        return
    print_table(
        f"{len(found.applicators)} applicators in {found.id}; mm and degrees",
        (
            "id",
            "machine",
            "inner",
            "bevel",
            "length",
            "ring",
            "material",
            "docking",
        ),
        [
            (
                a.id,
                a.machine,
                f"{a.inner_diameter_mm:g}",
                f"{a.bevel_deg:g}",
                f"{a.length_mm:g}",
                f"{a.ring_diameter_mm:g} x {a.ring_height_mm:g}" if a.has_ring else "none",
                a.material,
                a.docking,
            )
            for a in found.applicators.values()
        ],
    )


def show(
    applicator_id: Id, *, catalogue: options.Catalogue = None, as_json: options.Json = False
) -> None:
    """Show one applicator with every default filled in."""
    from pipeline.config.catalogue_file import read_catalogue
    from pipeline.config.config_tables import applicator_table

    found = read_catalogue(catalogue)
    table = applicator_table(found.find(applicator_id))
    if as_json:
        print_json({"catalogue": found.id, "id": applicator_id, **table})
    else:
        print_toml({"applicator": {applicator_id: table}})


def mesh(
    applicator_id: Id,
    out: Annotated[Path, typer.Option("--out", help="The .ply file to write.")],
    *,
    catalogue: options.Catalogue = None,
) -> None:
    """Write one applicator's mesh as PLY, in applicator space and mm."""
    if out.suffix.lower() != ".ply":
        raise UsageError(
            "--out must name a .ply file.", actual=str(out), remedy="Write --out cone.ply."
        )
    from pipeline.cli.ply_file import write_ply
    from pipeline.config.catalogue_file import read_catalogue
    from pipeline.config.mesh_file import applicator_mesh

    found = applicator_mesh(read_catalogue(catalogue).find(applicator_id))
    write_ply(out, found)
    typer.echo(
        f"{out}: {len(found.vertices_mm)} vertices, {len(found.triangles)} triangles, mm", err=True
    )


def collar(
    applicator_id: Id,
    out: Annotated[Path, typer.Option("--out", help="The .pdf file to write.")],
    *,
    catalogue: options.Catalogue = None,
    toml: Annotated[
        Path | None,
        typer.Option("--toml", help="Write the collar's table for the catalogue to this file."),
    ] = None,
    views: Annotated[
        int, typer.Option("--views", min=0, help="Measure detection on N simulated views an angle.")
    ] = 0,
) -> None:
    """Write one applicator's marker collar as a page to print, true to scale.

    Where the catalogue has none, one that fits is chosen, and the table to add is printed.
    For phantoms and the bench only: paper is not sterile.
    """
    if out.suffix.lower() != ".pdf":
        raise UsageError(
            "--out must name a .pdf file.", actual=str(out), remedy="Write --out collar.pdf."
        )
    from pipeline.cli.collar_output import print_collar, print_detection, write_table
    from pipeline.collar_sheet import WARNING, write_collar_pdf
    from pipeline.config.catalogue_file import read_catalogue
    from pipeline.config.standard_collar import standard_collar

    found = read_catalogue(catalogue)
    applicator = found.find(applicator_id)
    is_held = applicator.collar is not None
    if not is_held:
        chosen = standard_collar(applicator, found.applicators)
        applicator = replace(applicator, collar=chosen)
    write_collar_pdf(out, applicator)
    if toml is not None:
        write_table(toml, applicator)
    print_collar(applicator, is_held=is_held)
    if views:
        print_detection(applicator, found.applicators, views)
    typer.echo(f"{out}: A4, print at 100 %. {WARNING}", err=True)
