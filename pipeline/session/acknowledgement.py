"""Whether an acknowledgement may open a latched fault: only of the last frame that had one.

Pure. Whoever acknowledges has looked at one frame's fault; what has happened since is not covered.
A counter that went back gives a later fault a lower number than the one acknowledged before. Which
came first cannot be told from the two: only the same number is the same fault.

Fails to: the latch stays.
"""

from __future__ import annotations

from pipeline.session.refusals import Refusal


def acknowledgement_refusal(
    frame_index: int, last_fault_frame: int | None, acknowledged_frame: int | None
) -> Refusal | None:
    """Why the fault of `frame_index` cannot be acknowledged; None where it can.

    Parameters
    ----------
    last_fault_frame : int or None
        Last frame that had a cause of its own, not only a latch; None where there was none.
    acknowledged_frame : int or None
        The fault that was acknowledged last.
    """
    if last_fault_frame is None:
        return Refusal.NO_FAULT
    if frame_index > last_fault_frame:
        return Refusal.NOT_A_FAULT
    if frame_index < last_fault_frame:
        return Refusal.FAULT_IS_NEWER
    if acknowledged_frame == last_fault_frame:
        return Refusal.ALREADY_ACKNOWLEDGED
    return None
