"""What a frame was decided by, kept beside it: plans are revised while a session runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.config.load import RunConfig
from pipeline.sinks.sink import RunContext


@dataclass(frozen=True, eq=False)
class InForce:
    """Configuration and context of a frame; `revision` None: the plan as it was read."""

    config: RunConfig
    context: RunContext
    revision: int | None = None
    approved_by: str = ""

    def revised(self, config: RunConfig, revision: int, approved_by: str) -> InForce:
        """What holds once a person has approved a revision."""
        context = replace(self.context, plan=config.plan, applicator=config.applicator)
        return InForce(config, context, revision, approved_by)
