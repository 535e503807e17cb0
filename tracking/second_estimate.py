"""How a second, independent estimate of the cone's pose compares with the registration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Whether there is a second estimate.

    NONE: none can be tried, no collar is catalogued or colour is of no use. NOT_SEEN: a collar is
    catalogued and was not found. MADE: compared.
    """

    NONE = "none"
    NOT_SEEN = "not_seen"
    MADE = "made"


@dataclass(frozen=True)
class SecondOpinion:
    """The second estimate beside the first; bounds are at 99 %, at the docking ring's top face.

    Attributes
    ----------
    distance_mm, angle_deg : float or None
        Between the two ring centres, and between the two axes.
    ring_bound_mm, axis_bound_deg : float or None
        The second estimate's own.
    first_ring_bound_mm, first_axis_bound_deg : float or None
        The registration's.
    applicator_ids : tuple of str
        What the collar's code names; empty where none was read.
    """

    status: Status = Status.NONE
    distance_mm: float | None = None
    angle_deg: float | None = None
    ring_bound_mm: float | None = None
    axis_bound_deg: float | None = None
    first_ring_bound_mm: float | None = None
    first_axis_bound_deg: float | None = None
    applicator_ids: tuple[str, ...] = ()


NO_OPINION = SecondOpinion()
