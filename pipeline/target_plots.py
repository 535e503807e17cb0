"""Maps of what is left of a target's points after the fit, as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from calibration.plane_search import Face
from calibration.sphere_search import FoundSphere
from tracking.arrays import Float
from tracking.errors import UsageError

SIDE = "towards the origin"  # of a plane's residuals
MAX_DRAWN = 20_000  # points of a map: more cannot be told apart


def draw_spheres(folder: Path, spheres: Sequence[FoundSphere]) -> list[Path]:
    """One map a sphere: radial residuals, seen along the middle of its cap. Raises UsageError."""
    paths = []
    for k, sphere in enumerate(spheres, start=1):
        away = sphere.points_mm - sphere.fit.centre_mm
        axes = np.linalg.svd(away - away.mean(axis=0), full_matrices=False)[2]
        keep = sphere.fit.is_inlier
        title = f"Sphere {k}: radius {sphere.fit.radius_mm:.2f} mm, rms {sphere.fit.rms_mm:.2f} mm"
        path = folder / f"sphere_{k}.png"
        across = (away @ axes[:2].T)[keep]
        _draw(path, across, sphere.fit.residuals_mm[keep], title, "outwards")
        paths.append(path)
    return paths


def draw_faces(folder: Path, faces: Sequence[Face]) -> list[Path]:
    """One map a plane: signed distances. Raises UsageError."""
    paths = []
    for k, face in enumerate(faces, start=1):
        across = (face.points_mm - face.centre_mm) @ face.axes[:2].T
        path = folder / f"plane_{k}.png"
        _draw(path, across, face.residuals_mm, f"Plane {k}: rms {face.rms_mm:.2f} mm", SIDE)
        paths.append(path)
    return paths


def _draw(path: Path, across_mm: Float, residuals_mm: Float, title: str, side: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    step = max(1, len(across_mm) // MAX_DRAWN)
    across, residuals = across_mm[::step], residuals_mm[::step]
    limit = max(float(np.quantile(np.abs(residuals), 0.99)), 1e-6)
    figure = Figure(figsize=(6.4, 5.2), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    dots = ax.scatter(
        across[:, 0], across[:, 1], c=residuals, s=3, cmap="RdBu_r", vmin=-limit, vmax=limit
    )
    ax.set(title=title, xlabel="mm", ylabel="mm", aspect="equal")
    figure.colorbar(dots, label=f"residual, mm ({side} positive)")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Software": None})
    except OSError as error:
        raise UsageError(
            f"--plots: cannot write {path}",
            actual=error.strerror or str(error),
            remedy="Name another folder.",
        ) from error
