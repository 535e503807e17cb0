"""No session starts with a supervisor, or a gate, that does not answer not ready to what is bad."""

from __future__ import annotations

import ast
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.supervisor import proof
from pipeline.supervisor.errors import ProofTestError
from pipeline.supervisor.launch import BOOT, ROOT, await_hello, launch, start_supervisor
from pipeline.supervisor.lease_holder import CHECKS
from pipeline.supervisor.process import PRIORITY
from pipeline.supervisor.proof import ProofTest
from pipeline.supervisor.start import Start, Wiring
from tests.builders_supervisor import (
    HEARTBEAT_KEY,
    HOLD,
    IDS,
    KERNEL_STIMULI,
    OTHER_KEY,
    READY,
    SOCKET,
    Loop,
    started,
)
from tracking.errors import FaultError

IMPORTS = "import sys; sys.path.insert(0, sys.argv[1]); import time"
HOLDER = "from pipeline.supervisor.lease_holder import LeaseHolder, CHECKS, Refusal"
BROKEN: dict[str, str] = {
    **{str(name): f"{HOLDER}; del CHECKS[Refusal.{name}]" for name in CHECKS if name != "SENDER"},
    "MAC": "import hmac; hmac.compare_digest = lambda a, b: True",
    "NOT_READY": f"{HOLDER}; import pipeline.supervisor.lease_holder as h; h.DROPS = frozenset()",
    "EXPIRED": f"{HOLDER}; LeaseHolder.is_ready = lambda self, now_ns: self.ready_until_ns > 0",
    "late": f"{HOLDER}; import pipeline.supervisor.lease_holder as h; h.LEASE_NS *= 3",
    "deaf": f"{HOLDER}; LeaseHolder.take = lambda self, data, pid, now_ns: Refusal.MAC",
}


def run_proof(boot: str) -> None:
    key = secrets.token_bytes(32)
    channel = launch(Start(key, HEARTBEAT_KEY, IDS, os.getpid(), SOCKET), boot)
    try:
        await_hello(channel)
        ProofTest(channel, key, IDS).run(KERNEL_STIMULI)
    finally:
        channel.process.kill()
        channel.process.wait()
        channel.close()


def test_a_sound_supervisor_passes() -> None:
    run_proof(f"{IMPORTS}; {BOOT}")


@pytest.mark.parametrize("defect", BROKEN)
def test_a_supervisor_that_lacks_one_guard_does_not_start(
    defect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "ANSWER_TIMEOUT_S", 0.3)  # an answer that never comes
    with pytest.raises(ProofTestError) as caught:
        run_proof(f"{IMPORTS}; {BROKEN[defect]}; {BOOT}")
    assert caught.value.exit_code == 6


def test_a_gate_that_says_ready_to_what_is_bad_does_not_start() -> None:
    stimuli = {**KERNEL_STIMULI, "a frame from yesterday": lambda: READY}
    with pytest.raises(ProofTestError, match="the gate, shown a frame from yesterday"):
        start_supervisor(Wiring(), IDS, stimuli)


def test_without_anything_to_show_the_gate_nothing_starts() -> None:
    with pytest.raises(ValueError, match="at least one"):
        start_supervisor(Wiring(), IDS, {})


def test_a_place_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        wiring = Wiring(output="socket", address="127.0.0.1", port=port)
        with pytest.raises(FaultError, match="cannot open its output") as caught:
            start_supervisor(wiring, IDS, KERNEL_STIMULI, heartbeat_key=HEARTBEAT_KEY)
    assert str(port) in caught.value.actual


def test_a_serial_port_that_is_absent_or_has_no_beam_line_is_told(tmp_path: Path) -> None:
    absent = Wiring(output="serial", device=str(tmp_path / "tty"))
    with pytest.raises(FaultError, match="cannot open its output"):
        start_supervisor(absent, IDS, KERNEL_STIMULI)
    far, near = os.openpty()
    lineless = Wiring(beam_input="cts", beam_device=os.ttyname(near))
    with pytest.raises(FaultError) as caught:
        start_supervisor(lineless, IDS, KERNEL_STIMULI)
    assert "has no line cts" in caught.value.actual
    os.close(far)
    os.close(near)


def test_a_socket_that_a_killed_supervisor_left_is_taken_over_and_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    wiring = Wiring(output="socket", address=str(tmp_path / "s"))
    first = started(wiring)
    with pytest.raises(FaultError, match="cannot open its output"):
        started(wiring)
    first._channel.process.kill()
    first.close()
    assert (tmp_path / "s").is_socket()
    started(wiring).close()
    assert not (tmp_path / "s").exists()


def test_the_keys_are_on_no_command_line_and_in_no_environment() -> None:
    key = secrets.token_bytes(32)
    channel = launch(Start(key, OTHER_KEY, IDS, os.getpid(), SOCKET))
    await_hello(channel)
    shown = b"".join(
        Path(f"/proc/{channel.process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")
    )
    for secret in (key, OTHER_KEY):
        assert secret not in shown
        assert secret.hex().encode() not in shown
    assert b"-I" in shown
    channel.process.kill()
    channel.process.wait()
    channel.close()


def test_it_stands_before_all_other_programs() -> None:
    """Root may always; for others it depends on the machine, and is ordinary at least."""
    with started(Wiring()) as client:
        pid = client._channel.process.pid
        found = os.sched_getscheduler(pid), os.sched_getparam(pid).sched_priority
        allowed = {(os.SCHED_RR, PRIORITY)} | ({(os.SCHED_OTHER, 0)} if os.geteuid() else set())
        assert found in allowed


def test_without_an_output_lease_and_beam_are_recorded_all_the_same() -> None:
    with started(Wiring()) as client:
        loop = Loop(client)
        loop.frames_until(loop.is_closed, "the permission is given")
        client.beam(is_on=True)
        loop.frames_until(loop.is_beam_on, "the beam is recorded")
        loop.frames_until(lambda: bool(loop.alarms()), "the alarm", HOLD)
        assert loop.alarms() == ["NOT_READY_IN_BEAM"]
        assert loop.is_closed()


def test_the_process_needs_the_standard_library_and_its_own_folder_only() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules)\n"
        "import pipeline.supervisor.process, pipeline.supervisor.watch\n"
        "new = {name for name in set(sys.modules) - before if '.' in name or name}\n"
        "own = {n for n in new if n == 'pipeline' or n.startswith('pipeline.')}\n"
        "std = {n for n in new - own if n.split('.')[0] in sys.stdlib_module_names}\n"
        "print(sorted(new - own - std))\n"
        "print(sorted(n for n in own if not n.startswith('pipeline.supervisor')))\n"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines() == ["[]", "['pipeline']"]


def test_nothing_of_the_supervisor_names_a_wall_clock() -> None:
    wall = {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime", "CLOCK_REALTIME"}
    for path in sorted((ROOT / "pipeline" / "supervisor").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in imported for alias in node.names}
        assert "datetime" not in names, path.name
        used = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
        of_time = {n.attr for n in used if isinstance(n.value, ast.Name) and n.value.id == "time"}
        assert not of_time & wall, path.name
