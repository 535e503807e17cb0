"""What a session report is made of: facts of one session, frozen when it ended.

The renderer adds nothing to them: what is not among the facts is not on the page. Times are
`stamp_ns` of frames: since the epoch for a camera, since the start for simulations.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from recordings.source import Origin
from tracking.limit_checks import K_SIGMA

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}\.png$")]
VerdictName = Literal["READY", "HOLD", "UNSURE", "FAULT"]
NO_LEASE = "NO_LEASE"  # a reason: the gate was READY, the supervisor held no lease


class Facts(BaseModel):
    """Frozen, no unknown keys, no NaN, no conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Moment(StrEnum):
    """Which frame the figures and pictures are of."""

    BEAM_ON = "beam_on"
    LAST_READY = "last_ready"
    LAST = "last"


class PlanFacts(Facts):
    """The plan. `content_id` is its identity by content; `revision` None where it has none."""

    plan_id: str
    patient_id: str
    machine: str
    content_id: str
    approved: bool
    revision: int | None = None
    approved_by: str = ""
    energy_mev: float | None = None
    ssd_mm: float | None = None
    source: str = ""


class ApplicatorFacts(Facts):
    """Planned and identified cone; `seen` is "" where the image did not decide."""

    planned: str
    seen: str = ""
    diameter_mm: float | None = None
    bevel_deg: float | None = None


class Figure(Facts):
    """One quantity at the reported frame, its limits where the plan has some.

    `why` says why it was not measured; "" where it was.
    """

    name: str
    label: str
    unit: str
    value: float | None = None
    sigma: float | None = None
    lower: float | None = None
    upper: float | None = None
    planned: float | None = None
    why: str = ""

    @property
    def is_limited(self) -> bool:
        """Whether the plan limits it."""
        return self.lower is not None or self.upper is not None

    @property
    def excess(self) -> float:
        """How far value and three sigmas reach beyond the limits, in `unit`; 0 where inside."""
        if self.value is None or self.sigma is None:
            return 0.0
        reach = K_SIGMA * self.sigma
        above = 0.0 if self.upper is None else self.value + reach - self.upper
        below = 0.0 if self.lower is None else self.lower - (self.value - reach)
        return max(0.0, above, below)

    @property
    def is_inside(self) -> bool | None:
        """Whether value and three sigmas are inside; None where not measured or not limited."""
        if self.value is None or self.sigma is None or not self.is_limited:
            return None
        reach = K_SIGMA * self.sigma
        above = self.lower is None or self.value - reach >= self.lower
        below = self.upper is None or self.value + reach <= self.upper
        return above and below


class FrameFacts(Facts):
    """The frame that is reported."""

    moment: Moment
    frame_index: int
    stamp_ns: int
    verdict: VerdictName
    reasons: tuple[str, ...]
    figures: tuple[Figure, ...]


class VerdictSpan(Facts):
    """Consecutive frames of one verdict for the same first reason."""

    verdict: VerdictName
    reasons: tuple[str, ...]
    first_frame: int
    from_ns: int
    to_ns: int
    n_frames: int


class Deviation(VerdictSpan):
    """What was not READY with a lease under the beam: what no page called GEOMETRY READY.

    `worst`: each quantity that was outside its limits, as it was in the frame where it was
    farthest; empty where something else than a measured quantity ended READY.
    """

    worst: tuple[Figure, ...] = ()


class BeamOnFacts(Facts):
    """What was measured, and by which plan, in the first frame under a beam."""

    plan: PlanFacts
    applicator: ApplicatorFacts
    frame: FrameFacts


class BeamSpan(Facts):
    """From beam on to beam off, as a person or the machine's line told; open: to the end.

    `at_on` is None where the beam was on before this part of the session began.
    """

    from_ns: int
    to_ns: int
    from_frame: int
    is_open: bool = False
    told_by: str = ""
    deviations: tuple[Deviation, ...] = ()
    at_on: BeamOnFacts | None = None


class Confirmation(Facts):
    """One person's part of the time-out, or a time-out that was completed or voided."""

    stamp_ns: int
    frame_index: int
    person: str
    what: str


class EventFacts(Facts):
    """An override, a refusal, an acknowledgement: what a reader must not miss.

    `stamp_ns` and `frame_index` are None where it belongs to no frame.
    """

    stamp_ns: int | None
    frame_index: int | None
    kind: str
    person: str = ""
    text: str = ""


class StateFacts(Facts):
    """QA, calibration, or another piece of evidence in force; `holds` None: taken as passed."""

    name: str
    holds: bool | None
    sentence: str


class PictureFacts(Facts):
    """A picture beside the facts file, by its content."""

    file: FileName
    caption: str
    sha256: Sha256


class IdFacts(Facts):
    """Identities of everything that measured and decided."""

    software: str
    model: str
    rig: str
    catalogue: str
    site: str = ""
    camera_serial: str = ""


class SessionFacts(Facts):
    """One session.

    `plan`, `applicator`, `frame` and `pictures` are of the last beam on, where there was one; each
    of `beam` has its own.
    `notes` say what the facts themselves lack, such as a recording without persons.
    `audit_head` is the block that `sessions audit head` prints; "" where no log was kept.
    """

    schema_version: Literal[1] = 1
    session_id: Annotated[str, Field(min_length=1, max_length=128)]
    origin: Origin
    source: str
    recorded_at: str
    plan: PlanFacts
    applicator: ApplicatorFacts
    frame: FrameFacts
    verdicts: tuple[VerdictSpan, ...]
    beam: tuple[BeamSpan, ...]
    confirmations: tuple[Confirmation, ...]
    events: tuple[EventFacts, ...]
    states: tuple[StateFacts, ...]
    pictures: tuple[PictureFacts, ...]
    ids: IdFacts
    audit_head: str = ""
    damage: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether a camera in a room delivered the frames."""
        return self.origin == "live"

    @property
    def n_frames(self) -> int:
        """Frames decided."""
        return sum(span.n_frames for span in self.verdicts)

    @property
    def seconds(self) -> float:
        """From the first to the last frame."""
        if not self.verdicts:
            return 0.0
        return (self.verdicts[-1].to_ns - self.verdicts[0].from_ns) / 1e9

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """Everything but READY under the beam."""
        return tuple(span for beam in self.beam for span in beam.deviations)
