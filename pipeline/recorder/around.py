"""What a live session handed to the kernel with a frame, as its recording keeps it.

A replay hands the kernel the same. Fails to: missing, and nobody looked.
"""

from __future__ import annotations

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field

from pipeline.recorder.revision_record import RevisionRecord
from pipeline.surroundings import Surroundings
from tracking.identities import Identities
from tracking.reasons import Reason
from tracking.snapshot import Evidence, SessionEvidence


class AroundRecord(BaseModel):
    """One frame's surroundings.

    Attributes
    ----------
    ordinal : int
        Frames that were decided before this one: a jump tells of frames that were not recorded.
    age_ms : float
        Exposure to decision, as the session's clock had it.
    revision : RevisionRecord or None
        Of the plan, where this frame is the first that was decided by it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    ordinal: int = Field(ge=0, lt=2**63)
    age_ms: float
    evidence: dict[str, Evidence]
    confirmed: dict[str, str] | None
    acknowledged_frame: int | None
    faults: list[Reason] | None
    revision: RevisionRecord | None = None

    @staticmethod
    def of(
        around: Surroundings, age_ms: float, ordinal: int, revision: RevisionRecord | None = None
    ) -> AroundRecord:
        """Take what was handed over."""
        evidence = around.evidence
        return AroundRecord(
            ordinal=ordinal,
            age_ms=age_ms,
            evidence={name: Evidence(value) for name, value in asdict(evidence).items()},
            confirmed=None if around.confirmed is None else asdict(around.confirmed),
            acknowledged_frame=around.acknowledged_frame,
            faults=None if around.faults is None else sorted(around.faults),
            revision=revision,
        )

    def surroundings(self, running: Identities) -> Surroundings:
        """What the kernel was handed, run with `running`.

        A time-out that was held for anything else is told as confirmed, and is none. Raises
        TypeError where the record names evidence or identities that are not known here.
        """
        confirmed = None if self.confirmed is None else Identities(**self.confirmed)
        is_other = confirmed is not None and confirmed != running
        time_out = {"time_out": Evidence.MISSING} if is_other else {}
        return Surroundings(
            evidence=SessionEvidence(**{**self.evidence, **time_out}),
            confirmed=confirmed,
            acknowledged_frame=self.acknowledged_frame,
            faults=None if self.faults is None else frozenset(self.faults),
        )
