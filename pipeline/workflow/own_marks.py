"""The plan's own areas on the bed: a revision of the plan leaves them where they lie. Pure.

An outline of the plan is placed in its frame, once, and that frame is past. Whoever chooses another
cone or draws something else takes nothing of the plan away, nor does an area at risk that is drawn
in place of the plan's, and cleared again. With the survey they are lost, as all that lies on it.
"""

from __future__ import annotations

from tracking.marks import Marks, outlines_of
from tracking.plan import Plan


def own_marks(known: Marks, base: Plan, in_force: Plan, marks: Marks) -> Marks:
    """The areas of the base plan's outlines after one more frame.

    Parameters
    ----------
    known : Marks
        As of the frame before.
    in_force : Plan
        The base plan or a revision of it, by which `marks` were placed.
    """
    if known.origin_frame_index != marks.origin_frame_index:
        known = Marks((), marks.origin_frame_index)
    shown = _unreplaced(base, in_force)
    kept = tuple((name, area) for name, area in known.areas if name not in shown)
    return Marks(
        (*kept, *((name, area) for name, area in marks.areas if name in shown)),
        marks.origin_frame_index,
    )


def with_own(drawn: Marks, own: Marks, base: Plan, revised: Plan) -> Marks:
    """What was drawn, and of the base plan's own areas those that the revised plan still has.

    Areas of another survey than the drawn ones' are left out.
    """
    still = _unreplaced(base, revised)
    areas = tuple((name, area) for name, area in own.areas if name in still)
    origin = own.origin_frame_index
    if not areas or origin is None or drawn.origin_frame_index not in (None, origin):
        return drawn
    return drawn.with_areas(areas, origin)


def _unreplaced(base: Plan, plan: Plan) -> frozenset[str]:
    """Names of the base plan's outlines that a revision has as they are."""
    now = dict(outlines_of(plan))
    return frozenset(name for name, outline in outlines_of(base) if now.get(name) == outline)
