"""A random walk through the kernel beside the reference: `python -m tests.kernel.walk`.

Mostly good frames, so that READY is reached often; then one thing goes wrong, or a few. Exits with
1 at the first frame that the two tell differently.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from tests.kernel.frames import SCALES, Frame
from tests.kernel.reference import BED_WORDS, POSE_WORDS, SECOND_WORDS, Reference
from tracking.decision import Verdict
from tracking.gate import decide
from tracking.reasons import TEXTS, Reason, Severity
from tracking.snapshot import KernelState

FRAME_NS = 33_333_333
SESSION_FRAMES = 400  # then both start anew
GOOD = 0.94  # share of frames with nothing wrong: half of all tens are good
CAUSES = [r.value for r in Reason if TEXTS[r].severity is Severity.FAULT and r != "FAULT_LATCHED"]
IDS = ("plan", "patient", "machine", "applicator", "rig", "model")
EVIDENCE = ("camera_serial", "rig_validity", "fiducial", "qa", "time_out")


class BreakFoundError(AssertionError):
    """The kernel and the reference differ."""


@dataclass
class Walk:
    """One seeded walk."""

    seed: int
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    told: Counter[Reason] = field(default_factory=Counter)
    n_arrivals: int = 0  # at READY

    def run(self, n_steps: int) -> None:
        """Take the steps.

        Raises
        ------
        BreakFoundError
            The kernel tells a frame differently than the reference.
        """
        rng = random.Random(self.seed)
        for start in range(0, n_steps, SESSION_FRAMES):
            self._session(rng, min(SESSION_FRAMES, n_steps - start))

    def _session(self, rng: random.Random, n_frames: int) -> None:
        reference, state = Reference(), KernelState()
        is_assumed = rng.random() < 0.2
        frame = Frame(rng.randrange(3), rng.randrange(3), "0")
        for number in range(n_frames):
            frame = self._next(rng, frame, reference, f"{number + 1}")
            if is_assumed:
                frame.states["acknowledgement"] = "assumed"
            was_armed = state.armed
            decision, state = decide(frame.snapshot(), state)
            expected = reference.tell(frame)
            if decision.reasons != expected:
                raise BreakFoundError(f"{frame}\nkernel {decision}\nreference {expected}")
            is_ready = decision.verdict is Verdict.READY
            if is_ready != (not expected) or is_ready != state.armed:
                raise BreakFoundError(f"{frame}\nkernel {decision}, {state}")
            self.n_arrivals += is_ready and not was_armed
            self.verdicts[decision.verdict] += 1
            self.told.update(decision.reasons)

    def _next(self, rng: random.Random, before: Frame, reference: Reference, content: str) -> Frame:
        frame = Frame(before.index + 1, before.stamp_ns + FRAME_NS, content)
        frame.acknowledged = before.acknowledged
        if rng.random() < 0.02:
            frame.index += rng.choice((1, 5, 100))
        if rng.random() < 0.01:
            frame.stamp_ns = before.stamp_ns + rng.choice((200_000_000, 200_000_001, 10**10))
        if rng.random() < 0.01:
            frame.is_tracked = False
        if rng.random() < 0.02:
            frame.where[rng.choice(list(SCALES))] = "band"
        if rng.random() < (0.3 if reference.unacknowledged is not None else 0.02):
            fault = before.index if reference.unacknowledged is None else reference.unacknowledged
            near = (fault, fault, fault, fault - 1, frame.index, frame.index + 1, frame.index + 50)
            frame.acknowledged = rng.choice((*near, None))
        if rng.random() >= GOOD:
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                spoil(frame, before, [past.frame.content for past in reference.past], rng)
        return frame


def spoil(frame: Frame, before: Frame, contents: Sequence[str], rng: random.Random) -> None:
    """Let one thing go wrong."""
    kind = rng.randrange(16)
    if kind < 4:
        frame.below = rng.random() < 0.5
        at = rng.choice(("near", "vague", "out", "out", "out", "hidden"))
        frame.where[rng.choice(list(SCALES))] = at
    elif kind < 6:
        _spoil_stream(frame, before, contents, rng)
    elif kind < 10:
        _spoil_sight(frame, rng)
    else:
        _spoil_session(frame, rng)


def _spoil_stream(frame: Frame, before: Frame, contents: Sequence[str], rng: random.Random) -> None:
    kind = rng.randrange(4)
    if kind == 0:
        frame.age_ms = rng.choice((150.0, 150.1, 1e9, -0.1, float("nan"), 0.0))
    elif kind == 1:
        frame.content = rng.choice([*contents, ""])
    elif kind == 2:
        frame.index = rng.choice((before.index, before.index - 1, rng.randrange(5)))
    else:
        frame.stamp_ns = before.stamp_ns - rng.choice((0, 1, FRAME_NS))


def _spoil_sight(frame: Frame, rng: random.Random) -> None:
    kind = rng.randrange(7)
    if kind == 0:
        frame.registration = rng.choice(list(POSE_WORDS))
    elif kind == 1:
        frame.bed = rng.choice(list(BED_WORDS))
    elif kind == 2:
        frame.survey = rng.choice(("NONE", "STALE", "LOST"))
    elif kind == 3:
        frame.shown = rng.choice(("another", "undecided"))
    elif kind == 4:
        frame.codes = rng.choice((("D60-B15",), ("D65-B15",), ("D65-B15", "D60-B15")))
    elif kind == 5:
        frame.doubt = rng.choice(("light", "depth", "unfamiliar", "geometry", "unproven"))
    else:
        frame.second = rng.choice(list(SECOND_WORDS))


def _spoil_session(frame: Frame, rng: random.Random) -> None:
    kind = rng.randrange(6)
    if kind == 0:
        frame.broken = rng.choice((None, frozenset({rng.choice(CAUSES)})))
    elif kind == 1:
        frame.states[rng.choice(EVIDENCE)] = rng.choice(("assumed", "missing", "failed"))
    elif kind == 2:
        frame.running[rng.choice(IDS)] = "another"
    elif kind == 3:
        frame.plan_id = "plan@2"
    elif kind == 4:
        frame.is_confirmed = False
    else:
        frame.is_approved = False
    if rng.random() < 0.2:
        frame.states["second_estimate"] = "assumed"


def main(arguments: Sequence[str] | None = None) -> int:
    """Walk and print what was met; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.kernel.walk", description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    walk, started = Walk(asked.seed), perf_counter()
    try:
        walk.run(asked.steps)
    except BreakFoundError as found:
        sys.stdout.write(f"after {walk.verdicts.total()} steps: {found}\n")
        return 1
    shares = ", ".join(f"{verdict} {walk.verdicts[verdict]}" for verdict in Verdict)
    sys.stdout.write(
        f"{walk.verdicts.total()} steps without a break, seed {asked.seed}, "
        f"{perf_counter() - started:.0f} s\n{shares}\n"
        f"{walk.n_arrivals} times from not ready to READY; {len(walk.told)} reasons told\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
