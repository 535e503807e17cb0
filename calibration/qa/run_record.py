"""One QA run as it is stored: who, when, with what, over what, and what came out."""

from __future__ import annotations

from dataclasses import dataclass

from calibration.qa.grade import CheckResult
from calibration.qa.outcome import Outcome
from calibration.qa.protocol import ProtocolName
from calibration.qa_metric import Metric
from recordings.source import Origin


@dataclass(frozen=True)
class Setup:
    """What a run was measured with; a change of any of it asks for the full protocol.

    Attributes
    ----------
    camera_serial : str
        The rig's; locks and validity are bound to it.
    rig, software, model : str
        Ids with content hashes.
    baseline : str
        The reference that places were compared with; "" where there was none.
    """

    camera_serial: str
    rig: str
    software: str
    model: str
    baseline: str = ""


@dataclass(frozen=True)
class RunStart:
    """What is written before anything is measured, so that no run can be made to vanish.

    Attributes
    ----------
    measured_ns : int
        When the frames were exposed, UTC, in ns since 1970: now for a camera, the recording's own
        time for a recording.
    started_ns : int
        When the run was started on this computer's clock, UTC.
    valid_ns : int
        How long it holds from `measured_ns`, if it passes.
    """

    protocol: ProtocolName
    protocol_id: str
    setup: Setup
    origin: Origin
    source: str
    operator: str
    measured_ns: int
    started_ns: int
    valid_ns: int


@dataclass(frozen=True)
class Picture:
    """A picture of a run, as PNG."""

    name: str
    png: bytes


@dataclass(frozen=True)
class RunResult:
    """What came out of a run."""

    finished_ns: int
    outcome: Outcome
    metrics: tuple[Metric, ...]
    checks: tuple[CheckResult, ...]
    pictures: tuple[Picture, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RunRecord:
    """A stored run; `result` is None where it was begun and never finished.

    `is_unsealed`: finished before runs were sealed; its `result` is None unless it failed.
    """

    id: int
    start: RunStart
    result: RunResult | None
    is_unsealed: bool = False

    @property
    def outcome(self) -> Outcome | None:
        """None: never finished."""
        return None if self.result is None else self.result.outcome

    @property
    def is_failure(self) -> bool:
        """Whether it counts towards the lock: failed, or aborted after measuring had begun."""
        is_aborted = self.result is None and not self.is_unsealed
        return is_aborted or self.outcome is Outcome.FAILURE

    @property
    def is_accepted(self) -> bool:
        """Whether it was finished without a failure."""
        return self.result is not None and self.result.outcome.is_accepted
