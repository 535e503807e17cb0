"""What only the renderer knows of a frame: the groups that figures are given for."""

from __future__ import annotations

from dataclasses import dataclass

NONE = "none"


@dataclass(frozen=True)
class SceneFacts:
    """Facts of one view; what a view does not have is 0, None or "none".

    Attributes
    ----------
    kind
        How the scene was composed: one of `compose.KINDS`.
    distance_mm
        From the camera to the middle of the cone, without one to the middle of the field.
    applicator_width_px
        Outer diameter of the cone at its middle, in pixels of the depth grid.
    occluded_fraction
        Share of the cone's pixels in the image that something else hides; None without a cone
        in the image.
    material
        Family of the cone's look, as "cone:steel".
    tissue_tone
        "dark" or "light", by the bed's albedo.
    smoke_level
        Share of the light from the middle of the scene that haze takes away, 0..1.
    camera
        Name of the sensor.
    has_applicator, has_bed
        Whether any pixel carries that label.
    """

    kind: str
    distance_mm: float
    applicator_width_px: float
    occluded_fraction: float | None
    material: str
    tissue_tone: str
    smoke_level: float
    camera: str
    has_applicator: bool
    has_bed: bool
