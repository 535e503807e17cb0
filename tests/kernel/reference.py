"""The verdict told once more, plainly, from frames in words: what the kernel is held against.

It keeps a list of what happened and asks questions of it, where the kernel keeps counts. Nothing
of the kernel is imported; words and order are those of DESIGN section 6 and of `Reason`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tests.kernel.frames import Frame
from tracking.reasons import TEXTS, Reason, Severity

HOLD_WORDS = {
    "docking_tilt_deg": ("TILT_HIGH", "TILT_HIGH"),
    "docking_lateral_mm": ("LATERAL_HIGH", "LATERAL_HIGH"),
    "docking_gap_mm": ("DOCKING_GAP_HIGH", "DOCKING_GAP_LOW"),
    "incidence_deg": ("INCIDENCE_HIGH", "INCIDENCE_HIGH"),
    "air_gap_mm": ("AIR_GAP_HIGH", "AIR_GAP_LOW"),
    "ssd_error_mm": ("SSD_HIGH", "SSD_LOW"),
    "air_gap_max_mm": ("AIR_GAP_RIM_HIGH", "AIR_GAP_RIM_HIGH"),
    "air_gap_min_mm": ("AIR_GAP_RIM_HIGH", "AIR_GAP_RIM_HIGH"),
    "intrusion_mm": ("INTRUSION_HIGH", "INTRUSION_HIGH"),
    "coverage_fraction": ("COVERAGE_UNCERTAIN", "COVERAGE_LOW"),
}
UNSURE_WORDS = {
    "docking_tilt_deg": "TILT",
    "docking_lateral_mm": "LATERAL",
    "docking_gap_mm": "DOCKING_GAP",
    "incidence_deg": "INCIDENCE",
    "air_gap_mm": "AIR_GAP",
    "ssd_error_mm": "SSD",
    "air_gap_max_mm": "AIR_GAP",
    "air_gap_min_mm": "AIR_GAP",
    "intrusion_mm": "INTRUSION",
    "coverage_fraction": "COVERAGE",
}
EVIDENCE_WORDS = {
    "camera_serial": ("WRONG_CAMERA", "WRONG_CAMERA"),  # missing, failed
    "rig_validity": ("RIG_EXPIRED", "RIG_EXPIRED"),
    "fiducial": ("NO_FIDUCIAL", "CAMERA_BUMPED"),
    "qa": ("NO_QA", "QA_FAILED"),
    "time_out": ("NO_TIMEOUT", "NO_TIMEOUT"),
}
SECOND_WORDS = {
    "agrees": "",
    "none": "NO_SECOND_ESTIMATE",
    "not_seen": "NO_SECOND_ESTIMATE",
    "weak": "SECOND_ESTIMATE_WEAK",
    "boundless": "SECOND_ESTIMATE_WEAK",
    "apart": "SECOND_ESTIMATE_DISAGREES",
    "askew": "SECOND_ESTIMATE_DISAGREES",
    "unheard": "SECOND_ESTIMATE_DISAGREES",
}
DOUBT_WORDS = {"light": "LIGHT_UNSUITABLE", "depth": "DEPTH_MISSING"}
POSE_WORDS = {
    "NO_APPLICATOR": "NO_APPLICATOR",
    "TOO_FEW_POINTS": "REGISTRATION_WEAK",
    "DEPTH_MISSING": "DEPTH_MISSING",
    "DEPTH_FALSE": "DEPTH_FALSE",
    "NOT_CONVERGED": "REGISTRATION_FAILED",
    "POOR_FIT": "REGISTRATION_FAILED",
    "WEAK_GEOMETRY": "REGISTRATION_WEAK",
    "SEVERAL_APPLICATORS": "SEVERAL_APPLICATORS",
    "NOT_THE_APPLICATOR": "NOT_THE_APPLICATOR",
}
BED_WORDS = {
    "NO_BED": "NO_BED",
    "TOO_FEW_POINTS": "NO_BED",
    "RIM_HIDDEN": "BED_HIDDEN",
    "POOR_FIT": "BED_UNCLEAR",
    "NO_POSE": "BED_UNCLEAR",
}
PLANNED = "D60-B15"
LONGEST_PAUSE_NS = 200_000_000


@dataclass(frozen=True)
class Past:
    """What is remembered of one frame."""

    frame: Frame
    is_good: bool  # every check passed, nothing latched
    is_close: bool  # inside 0.8 of every tolerance
    follows: bool  # tracked, and soon after the one before
    was_ready: bool


@dataclass
class Reference:
    """Tells the verdict of one frame after the other."""

    past: deque[Past] = field(default_factory=lambda: deque(maxlen=32))
    unacknowledged: int | None = None  # number of the last frame that showed a fault

    def tell(self, frame: Frame) -> tuple[str, ...]:
        """Reasons in order; () is READY."""
        last = self.past[-1] if self.past else None
        words = about_stream(frame, [past.frame for past in self.past])
        words |= about_session(frame) | about_sight(frame)
        words.discard("")
        if words & _FAULTS:
            self.unacknowledged = frame.index
        elif self._opens(frame, last):
            self.unacknowledged = None
        elif self.unacknowledged is not None:
            words.add("FAULT_LATCHED")
        this = Past(
            frame,
            is_good=not words,
            is_close="band" not in frame.where.values(),
            follows=last is not None
            and frame.is_tracked
            and frame.stamp_ns - last.frame.stamp_ns <= LONGEST_PAUSE_NS,
            was_ready=False,
        )
        if this.is_good and not self._is_ready(this, last):
            words.add("ARMING")
        self.past.append(
            Past(frame, this.is_good, this.is_close, this.follows, was_ready=not words)
        )
        return tuple(sorted(words, key=_RANK.__getitem__))

    def _is_ready(self, this: Past, last: Past | None) -> bool:
        """It was, and nothing came between; or the last ten are good, close, and a row."""
        if last is not None and last.was_ready and this.follows:
            return True
        row = [*self.past, this][-10:]
        is_row = len(row) == 10 and all(past.follows for past in row[1:])
        return is_row and all(past.is_good and past.is_close for past in row)

    def _opens(self, frame: Frame, last: Past | None) -> bool:
        if frame.states.get("acknowledgement") == "assumed":
            return True
        given, before = frame.acknowledged, None if last is None else last.frame.acknowledged
        if self.unacknowledged is None or given is None or given == before:
            return False
        return self.unacknowledged <= given < frame.index


def about_stream(frame: Frame, past: list[Frame]) -> set[str]:
    """Order, content and age."""
    words = set()
    before = (past[-1].index, past[-1].stamp_ns) if past else (-1, -1)
    if not (frame.index > before[0] and frame.stamp_ns > before[1]):
        words.add("CLOCK_WENT_BACK")
    if frame.content in {"", *(each.content for each in past)}:
        words.add("FRAME_REPEATED")
    if not (frame.age_ms >= 0 and frame.age_ms <= 150):
        words.add("FRAME_STALE")
    return words


def about_session(frame: Frame) -> set[str]:
    """What was proven, confirmed and found broken around the frame."""
    words = {"CHECK_MISSING"} if frame.broken is None else set(frame.broken)
    for name, (missing, failed) in EVIDENCE_WORDS.items():
        state = frame.states.get(name, "proven")
        words |= {missing} if state == "missing" else {failed} if state == "failed" else set()
    words |= set() if frame.is_approved else {"PLAN_NOT_APPROVED"}
    if frame.running.get("plan", "plan@1") != frame.plan_id:
        words.add("WRONG_PLAN")
    if frame.is_confirmed:
        words |= {f"WRONG_{name.upper()}" for name in frame.running}
    elif frame.states.get("time_out") != "assumed":
        words.add("NO_TIMEOUT")
    is_excused = frame.second == "none" and frame.states.get("second_estimate") == "assumed"
    words |= set() if is_excused else {SECOND_WORDS[frame.second]}
    return words


def about_sight(frame: Frame) -> set[str]:
    """What is seen; another cone, then no pose, say all there is to say."""
    doubt = DOUBT_WORDS.get(frame.doubt, "LABELS_DOUBTFUL") if frame.doubt else ""
    if frame.shown == "another" or (frame.codes and PLANNED not in frame.codes):
        return {"WRONG_APPLICATOR", doubt}
    if frame.registration != "OK":
        return {POSE_WORDS[frame.registration]}
    words = {doubt, BED_WORDS.get(frame.bed, "")}
    if frame.shown == "undecided":
        words.add("APPLICATOR_UNDECIDED")
    if frame.survey == "STALE" or (frame.survey == "LOST" and frame.bed == "OK"):
        words.add("SURVEY_STALE")
    out = {HOLD_WORDS[name][frame.below] for name, at in frame.where.items() if at == "out"}
    unsaid = ("near",) if any(TEXTS[Reason(word)].severity is Severity.HOLD for word in out) else ()
    for name, at in frame.where.items():
        if at in ("near", "vague", "hidden") and at not in unsaid:
            words.add(f"{UNSURE_WORDS[name]}_UNCERTAIN")
    return words | out


_FAULTS = frozenset(word for word in Reason if TEXTS[word].severity is Severity.FAULT)
_RANK = {word.value: rank for rank, word in enumerate(Reason)}
