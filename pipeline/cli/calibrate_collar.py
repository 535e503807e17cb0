"""`calibrate collar`: where a printed collar sits on its applicator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_table

if TYPE_CHECKING:
    from pipeline.collar_place import CollarPlace

K_PLACEMENT = 3.0  # of the catalogue's placement sigma, and of the mean's own: beyond it, named


def collar(
    source: options.Source,
    *,
    rig: options.Rig,
    applicator: Annotated[
        str, typer.Option("--applicator", help="The wearer, as the catalogue names it.")
    ],
    catalogue: options.Catalogue = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
    frames: Annotated[int, typer.Option("--frames", min=1, help="Frames to measure.")] = 40,
    as_json: options.Json = False,
) -> None:
    """Measure a cone by depth and its collar by the codes: how far the paper is out of place."""
    from pipeline.cli.progress import progress_bar
    from pipeline.collar_place import measure_collar

    with progress_bar("frames") as report:
        place = measure_collar(
            source,
            rig,
            applicator,
            report,
            catalogue_path=catalogue,
            segmenter_kind=segmenter.kind,
            n_frames=frames,
        )
    figures = _figures(place)
    if as_json:
        print_json(figures)
        return
    offset = place.offset
    rows = [
        ("along the axis, mm", f"{offset.along_mm:.3f}", f"{offset.position_sigma_mm:.3f}"),
        ("beside the axis, mm", f"{offset.across_mm:.3f}", f"{offset.position_sigma_mm:.3f}"),
        ("tilt, deg", f"{offset.tilt_deg:.3f}", f"{offset.angle_sigma_deg:.3f}"),
        (
            "roll, deg",
            f"{offset.roll_deg:.3f}" if offset.is_roll_known else "not seen",
            f"{offset.angle_sigma_deg:.3f}" if offset.is_roll_known else "-",
        ),
    ]
    title = f"the collar on {applicator}, against the catalogue: {offset.n_views} views"
    print_table(title, ("", "offset", "sigma"), rows)
    for row in figures["outliers"]:  # type: ignore[attr-defined]
        typer.echo(
            f"outlier, left out: frame {row['frame']}: {row['mm']:.2f} mm, {row['deg']:.2f} deg"
        )
    if place.missed:
        typer.echo(f"{len(place.missed)} frames without both; the first: {place.missed[0][1]}")
    for warning in offset.warnings:
        typer.echo(f"warning: {warning}")
    word = "OUT OF PLACE" if figures["is_out_of_place"] else "in place"
    typer.echo(f"the collar is {word} (placement sigma {place.placement_sigma_mm:g} mm)")


def _figures(place: CollarPlace) -> dict[str, object]:
    offset = place.offset
    limit = K_PLACEMENT * (place.placement_sigma_mm**2 + offset.position_sigma_mm**2) ** 0.5
    return {
        "applicator_from_collar": offset.applicator_from_collar.tolist(),
        "along_mm": offset.along_mm,
        "across_mm": offset.across_mm,
        "tilt_deg": offset.tilt_deg,
        "roll_deg": offset.roll_deg if offset.is_roll_known else None,
        "position_sigma_mm": offset.position_sigma_mm,
        "angle_sigma_deg": offset.angle_sigma_deg,
        "n_views": offset.n_views,
        "outliers": [{"frame": f, "mm": mm, "deg": deg} for f, mm, deg in _outliers(place)],
        "missed": [{"frame": frame, "why": why} for frame, why in place.missed],
        "placement_sigma_mm": place.placement_sigma_mm,
        "is_out_of_place": max(abs(offset.along_mm), offset.across_mm) > limit,
        "warnings": list(offset.warnings),
    }


def _outliers(place: CollarPlace) -> list[tuple[int, float, float]]:
    """Frame, mm and deg of each view that was left out."""
    offset = place.offset
    rows = zip(place.frames, offset.off_mm.tolist(), offset.off_deg.tolist(), strict=True)
    return [row for row, is_used in zip(rows, offset.is_used, strict=True) if not is_used]
