"""What the collar's code adds to the identity that the image's geometry tells.

Fails to: the identity as the geometry has it; the gate hears the code by itself as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from tracking.alignment import ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.identity import fits
from tracking.registration import Dimensions


def with_collar(
    identity: ApplicatorIdentity,
    worn_ids: tuple[str, ...],
    dimensions: Dimensions | None,
    catalogue: Mapping[str, Applicator],
) -> ApplicatorIdentity:
    """The identity, decided by the collar where the geometry does not contradict its code.

    Several codes decide nothing, nor does one that the catalogue does not have. A geometry that
    has decided for another form, or that does not fit the code's, stays as it is: then
    `worn_ids` and the identity disagree, which is the gate's to see.
    """
    worn = catalogue.get(worn_ids[0]) if len(worn_ids) == 1 else None
    if worn is None:
        return identity
    if identity.decided:
        named = catalogue.get(identity.value or "")
        if named is None or _form(named) != _form(worn):
            return identity
    elif dimensions is not None and not fits(dimensions, worn):
        return identity
    return ApplicatorIdentity(
        value=worn.id,
        diameter_mm=identity.diameter_mm,
        bevel_deg=identity.bevel_deg,
        decided=True,
    )


def _form(applicator: Applicator) -> tuple[float, float]:
    """What the geometry can tell two entries apart by."""
    return applicator.inner_diameter_mm, applicator.bevel_deg
