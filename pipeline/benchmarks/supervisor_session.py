"""A session for `bench supervisor`: decides READY 30 times a second, in this process or its own."""

from __future__ import annotations

import mmap
import os
import secrets
import struct
import subprocess
import sys
import time
from pathlib import Path

from pipeline.benchmarks.machine import ROOT
from pipeline.benchmarks.supervisor_ends import HEARTBEAT_KEY
from pipeline.supervisor.client import SupervisorClient, lease_clock_ns
from pipeline.supervisor.identities import NAMES, LeaseIds
from pipeline.supervisor.launch import start_supervisor
from pipeline.supervisor.start import Wiring
from tracking.decision import FRAMES_TO_ARM, GateDecision, Verdict
from tracking.errors import FaultError
from tracking.reasons import Reason

FRAME_NS = 33_333_333
READY = GateDecision(Verdict.READY, (), checks_passed=True, arming_passed=FRAMES_TO_ARM)
HOLD = GateDecision(Verdict.HOLD, (Reason.TILT_HIGH,), checks_passed=False, arming_passed=0)
IDS = LeaseIds.of(**dict.fromkeys(NAMES, "benchmark"))
STAMP = struct.Struct("Q")


class Session:
    """A loop in this process."""

    def __init__(self, wiring: Wiring) -> None:
        self.client: SupervisorClient = start_supervisor(
            wiring, IDS, {"a tilt beyond its limit": lambda: HOLD}, heartbeat_key=HEARTBEAT_KEY
        )
        self._frame_index = -1
        self._next_ns = 0
        self.issued_ns = 0

    def decide(self, decision: GateDecision = READY) -> None:
        """Decide one frame now."""
        self._frame_index += 1
        self.issued_ns = lease_clock_ns()
        self.client.renew(decision, self._frame_index, ids=IDS, issued_ns=self.issued_ns)
        self.client.events()
        self._next_ns = self.issued_ns + FRAME_NS

    def decide_where_due(self) -> None:
        """Decide READY if the next frame is due."""
        if time.monotonic_ns() >= self._next_ns:
            self.decide()


class SessionElsewhere:
    """A loop in a process of its own, to be stopped and killed."""

    def __init__(self, wiring: Wiring, folder: Path) -> None:
        stamp = folder / f"issued-{secrets.token_hex(4)}"
        stamp.write_bytes(bytes(STAMP.size))
        with stamp.open("r+b") as file:
            self._stamp = mmap.mmap(file.fileno(), STAMP.size)
        place = wiring.device or wiring.address
        command = [sys.executable, "-m", __name__, wiring.output, place, str(stamp)]
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this module
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if self._process.stdout is None or self._process.stdout.readline() != b"ready\n":
            self.close()
            raise FaultError("the benchmark's session does not start")

    @property
    def pid(self) -> int:
        """Of the loop's process."""
        return self._process.pid

    @property
    def issued_ns(self) -> int:
        """When the last renewal was issued."""
        stamp: int = STAMP.unpack_from(self._stamp)[0]
        return stamp

    def close(self) -> None:
        """Kill the loop; its supervisor ends by itself."""
        self._process.kill()
        self._process.communicate()
        self._stamp.close()


def main(output: str, place: str, stamp_path: Path) -> None:
    """Decide READY until killed, or until the benchmark is gone."""
    parent_pid = os.getppid()
    is_serial = output == "serial"
    wiring = (
        Wiring(output="serial", device=place)
        if is_serial
        else Wiring(output="socket", address=place)
    )
    session = Session(wiring)
    with stamp_path.open("r+b") as file:
        stamp = mmap.mmap(file.fileno(), STAMP.size)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while os.getppid() == parent_pid:
        session.decide()
        STAMP.pack_into(stamp, 0, session.issued_ns)
        time.sleep(FRAME_NS / 1e9)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
