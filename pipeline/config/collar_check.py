"""The collars of one catalogue: a code names one applicator, and can be read from afar."""

from __future__ import annotations

from collections.abc import Mapping

from tracking.applicator import Applicator
from tracking.collar import Collar
from tracking.errors import ConfigurationError

# Of the colour picture that markers are read from: 1920x1080 of a D435 (`COLOR_1080`).
PICTURE_FOCAL_PX = 1380.0
FAR_MM = 800.0
MIN_MODULE_PX = 4.0  # fewer, and codes begin to be missed
MIN_MODULE_MM = MIN_MODULE_PX * FAR_MM / PICTURE_FOCAL_PX


def check_collars(applicators: Mapping[str, Applicator], what: str) -> None:
    """Refuse collars that share an id or use different dictionaries, or that nobody can read.

    Codes of different dictionaries can look alike, so a catalogue keeps to one.

    Raises
    ------
    ConfigurationError
        Names both applicators, or the one whose codes are too small.
    """
    owners: dict[int, str] = {}
    first: Applicator | None = None
    for name, applicator in applicators.items():
        collar = applicator.collar
        if collar is None:
            continue
        _check_size(name, collar, what)
        first = first or applicator
        if first.collar is not None and collar.dictionary != first.collar.dictionary:
            raise ConfigurationError(
                f"{what}: the collars of {first.id} and {name} use different dictionaries.",
                expected=f"{first.collar.dictionary} for every collar",
                actual=collar.dictionary,
                remedy="Give every collar of the catalogue the same dictionary, and print anew.",
            )
        shared = [i for i in collar.ids if i in owners]
        if shared:
            raise ConfigurationError(
                f"{what}: the collars of {owners[shared[0]]} and {name} wear the same code.",
                expected="ids that belong to one applicator alone",
                actual=f"id {shared[0]} in both",
                remedy=f"Give {name} a first_id from {max(owners) + 1} on, and print its collar.",
            )
        owners.update(dict.fromkeys(collar.ids, name))


def module_px(module_mm: float) -> float:
    """Pixels that a module spans in the colour picture at 0.8 m, facing the camera."""
    return PICTURE_FOCAL_PX * module_mm / FAR_MM


def smallest_module_mm(collar: Collar) -> float:
    """Module of the row with the smaller codes."""
    return min(collar.module_mm, collar.top_module_mm) if collar.n_top else collar.module_mm


def _check_size(name: str, collar: Collar, what: str) -> None:
    smallest_mm = smallest_module_mm(collar)
    if not module_px(smallest_mm) >= MIN_MODULE_PX:
        raise ConfigurationError(
            f"{what}: the collar of {name} is too small to be read from {FAR_MM / 1000:g} m.",
            expected=f"modules of {MIN_MODULE_MM:.2f} mm at least: {MIN_MODULE_PX:g} px each in a "
            f"colour picture of {PICTURE_FOCAL_PX:g} px focal length",
            actual=f"{smallest_mm:g} mm: {module_px(smallest_mm):.1f} px",
            remedy="Choose larger modules and fewer markers, and print the collar anew.",
        )
