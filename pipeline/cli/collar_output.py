"""What `applicators collar` says beside its page: what it is, how well it is read, what to add."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import typer

from pipeline.cli.progress import progress_bar
from pipeline.config.collar_check import (
    FAR_MM,
    MIN_MODULE_PX,
    PICTURE_FOCAL_PX,
    module_px,
    smallest_module_mm,
)
from pipeline.config.standard_collar import collar_toml
from tracking.applicator import Applicator
from tracking.collar import Collar
from tracking.errors import UsageError

FAR = f"{FAR_MM / 1000:g} m"


def print_collar(applicator: Applicator, *, is_held: bool) -> None:
    """Say what the page shows; `is_held`: the catalogue has it already."""
    collar = _collar(applicator)
    disc = f" and {collar.n_top} on the top face" if collar.n_top else ""
    smallest_mm = smallest_module_mm(collar)
    typer.echo(
        f"{applicator.id}: {collar.n_outer} codes around{disc}, {collar.dictionary}, "
        f"ids {collar.ids.start} to {collar.ids.stop - 1}.\n"
        f"The smallest module, {smallest_mm:g} mm, spans {module_px(smallest_mm):.1f} px at {FAR} "
        f"(at least {MIN_MODULE_PX:g}; colour 1920x1080, focal length {PICTURE_FOCAL_PX:g} px).\n"
        "Detection rate: --views N measures that of this collar on simulated pictures; "
        "`bench collar` over distance, view and light."
    )
    if not collar.n_top:
        typer.echo("Codes around alone are seen from beside, and hardly from above: see --views.")
    if is_held:
        return
    typer.echo(
        "\nThe catalogue does NOT hold this collar yet: no session looks for it, and it proves "
        "nothing.\nAdd this to your site's catalogue (--catalogue) once the cone wears it; from "
        f"then on it is expected:\n\n{collar_toml(applicator.id, collar)}",
        nl=False,
    )
    if collar.below_top_mm:
        typer.echo(
            f"\nbelow_top_mm = {collar.below_top_mm:g} assumes that the docking covers no more of "
            "the tube: measure it, correct the number, and print from the catalogue."
        )


def print_detection(
    applicator: Applicator, catalogue: Mapping[str, Applicator], n_views: int
) -> None:
    """Draw pictures of the collar from 0.8 m, read them, and say how many were read."""
    from pipeline.benchmarks.collar import detection

    worn = {**catalogue, applicator.id: applicator}
    with progress_bar("Views") as report:
        found = detection(applicator, worn, n_views, report)
    typer.echo(f"Simulated pictures from {FAR} in good light:")
    for each in found:
        typer.echo(
            f"  {each.off_axis_deg:g} deg off the axis: {each.n_read} of {each.n} read and named, "
            f"{each.n_counted} sharp enough to count as a vote"
        )


def write_table(path: Path, applicator: Applicator) -> None:
    """Write the collar's table. Raises UsageError where the file cannot be written."""
    try:
        path.write_text(collar_toml(applicator.id, _collar(applicator)), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {path}", actual=error.strerror or str(error), remedy="Name another file."
        ) from error


def _collar(applicator: Applicator) -> Collar:
    if applicator.collar is None:
        raise ValueError(f"{applicator.id} wears no collar")
    return applicator.collar
