"""Says on the terminal what the gate decides and what the supervisor makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.config.load import RunConfig
from pipeline.overlay.banner import VERDICT_WORDS
from pipeline.say import Say
from pipeline.sinks.sink import FrameResult
from tracking.decision import GateDecision, Verdict
from tracking.reasons import TEXTS, Reason

WITHOUT_LEASE = "WAITING The geometry would be ready. The supervisor does not hold the release."


@dataclass(eq=False)
class Announcer:
    """Says the verdict whenever it or its first reason changes.

    Ready is said only while the supervisor holds the lease, which is known one frame later.
    """

    say: Say
    _lacking: tuple[Reason, ...] = field(default=(), init=False)
    _last: str = field(default="", init=False)

    def begin(self, config: RunConfig, *, has_qa: bool = False) -> None:
        """Say what this session works with, and what keeps it from READY."""
        self.say(f"plan {config.plan.plan_id}, applicator {config.applicator.id}; Ctrl-C ends")
        self._lacking = lacking(config, has_qa=has_qa)
        for reason in self._lacking:
            self.say(f"  {TEXTS[reason].sentence} {TEXTS[reason].action}")

    def tell(self, result: FrameResult, *, holds_lease: bool) -> None:
        """Say one frame's verdict if it is news."""
        decision = result.record.decision
        line = _line(decision.verdict, self._first_told(decision))
        if decision.verdict is Verdict.READY and not holds_lease:
            line = WITHOUT_LEASE
        if line != self._last:
            self._last = line
            self.say(f"{result.record.frame_index:>8} {line}")

    def _first_told(self, decision: GateDecision) -> Reason | None:
        """The first reason beyond what the session lacks from its start, else the first."""
        news = [reason for reason in decision.reasons if reason not in self._lacking]
        return next(iter(news or decision.reasons), None)

    def fault(self, reason: Reason) -> None:
        """Say a fault that left no frame to decide on."""
        self.say(f"         {_line(Verdict.FAULT, reason)}")


def lacking(config: RunConfig, *, has_qa: bool = False) -> tuple[Reason, ...]:
    """What keeps a session from READY at its start, whatever the camera sees."""
    always = (Reason.NO_TIMEOUT,) if has_qa else (Reason.NO_QA, Reason.NO_TIMEOUT)
    mount = () if config.rig.fiducial is not None else (Reason.NO_FIDUCIAL,)
    return (*always, *mount)


def _line(verdict: Verdict, reason: Reason | None) -> str:
    word = VERDICT_WORDS[verdict]
    if reason is None:
        return word
    return f"{word:<7} {TEXTS[reason].sentence} {TEXTS[reason].action}"
