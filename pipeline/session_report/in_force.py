"""What a frame was decided by, kept beside it: plans are revised while a session runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from pipeline.config.load import RunConfig
from pipeline.session_report.facts import NO_LEASE, VerdictName
from pipeline.sinks.sink import RunContext
from tracking.decision import GateDecision, Verdict


@dataclass(frozen=True, eq=False)
class InForce:
    """Configuration and context of a frame; `revision` None: the plan as it was read.

    `has_lease`: the supervisor held one, or there is none.
    """

    config: RunConfig
    context: RunContext
    revision: int | None = None
    approved_by: str = ""
    has_lease: bool = True

    def shown(self, decision: GateDecision) -> tuple[VerdictName, tuple[str, ...]]:
        """Verdict and reasons as people saw them: READY without a lease is not GEOMETRY READY."""
        if decision.verdict is Verdict.READY and not self.has_lease:
            return "UNSURE", (NO_LEASE,)
        return cast(VerdictName, str(decision.verdict)), tuple(map(str, decision.reasons))

    def revised(self, config: RunConfig, revision: int, approved_by: str) -> InForce:
        """What holds once a person has approved a revision."""
        context = replace(self.context, plan=config.plan, applicator=config.applicator)
        return InForce(config, context, revision, approved_by)
