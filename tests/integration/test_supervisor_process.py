"""The real supervisor process, its output, and what happens when either side dies or stops."""

from __future__ import annotations

import os
import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pipeline.supervisor.channel import Channel
from pipeline.supervisor.client import SupervisorClient, lease_clock_ns
from pipeline.supervisor.events import EventKind
from pipeline.supervisor.launch import BOOT, await_hello, launch
from pipeline.supervisor.message import Kind, Message, seal
from pipeline.supervisor.proof import ProofTest
from pipeline.supervisor.relay_model import RelayModel
from pipeline.supervisor.start import Start, Wiring
from pipeline.supervisor.watch import Connection
from tests.builders_supervisor import (
    HEARTBEAT_KEY,
    HOLD,
    IDS,
    KERNEL_STIMULI,
    PATIENCE_S,
    Loop,
    other,
    wait_until,
)

ROOT = Path(__file__).resolve().parents[2]


class Watch:
    """The second computer, in a thread of its own; whether it believes READY."""

    def __init__(self, path: Path) -> None:
        self._connection = Connection(str(path), None, HEARTBEAT_KEY)
        self.is_ready = self.is_over = self.is_cut = False
        self.last_word = ""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self.is_over:
            try:
                line = self._connection.turn()
            except OSError:
                self.is_ready, self.is_cut = False, True
                return
            self.is_ready = self._connection.is_ready
            self.last_word = self.last_word if line is None else line.state

    def close(self) -> None:
        self.is_over = True
        self._thread.join()
        self._connection.close()


class Relay:
    """A relay with the reference's watchdog behind a pseudo terminal."""

    def __init__(self) -> None:
        self._far, near = os.openpty()
        self.device = os.ttyname(near)
        self._near, self._is_unplugged = near, False
        self._model = RelayModel()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Take the far end away."""
        self._is_unplugged = True
        self._thread.join()
        os.close(self._far)
        os.close(self._near)

    def _run(self) -> None:
        with suppress(OSError):
            while not self._is_unplugged:
                if not select.select([self._far], [], [], 0.01)[0]:
                    continue
                data = os.read(self._far, 64)
                with self._lock:
                    self._model.feed(data, time.monotonic_ns())

    @property
    def is_closed(self) -> bool:
        with self._lock:
            return self._model.is_closed(time.monotonic_ns())


def prove(channel: Channel, key: bytes) -> None:
    """Run the proof test; leave nothing behind where it fails."""
    try:
        await_hello(channel)
        ProofTest(channel, key, IDS).run(KERNEL_STIMULI)
    except BaseException:
        channel.process.kill()
        channel.process.wait()
        channel.close()
        raise


class Rig:
    """A supervisor with a socket, its loop and its second computer."""

    def __init__(self, folder: Path, boot: str = BOOT) -> None:
        path = folder / "s"
        wiring = Wiring(output="socket", address=str(path))
        key = secrets.token_bytes(32)
        channel = launch(Start(key, HEARTBEAT_KEY, IDS, os.getpid(), wiring), boot)
        prove(channel, key)
        self.channel, self.key = channel, key
        self.client = SupervisorClient(channel, IDS)
        self.loop, self.watch = Loop(self.client), Watch(path)

    def make_ready(self) -> None:
        self.loop.frames_until(lambda: self.watch.is_ready, "READY at the second computer")

    def wait_for_not_ready(self) -> None:
        wait_until(lambda: not self.watch.is_ready, "NOT READY at the second computer")

    def close(self) -> None:
        self.client.close()
        self.watch.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stop a process as a debugger or a full machine would."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_the_second_computer_follows_the_loop(rig: Rig) -> None:
    assert not rig.watch.is_ready
    rig.make_ready()
    rig.loop.frame(HOLD)
    rig.wait_for_not_ready()
    rig.make_ready()
    rig.wait_for_not_ready()  # silence


def test_forged_replayed_and_foreign_renewals_hold_nothing(rig: Rig) -> None:
    rig.make_ready()
    number = rig.channel.sequence + 1000
    fresh = Message(Kind.RENEW, IDS, number, 10**6, lease_clock_ns())
    rig.channel.send_raw(seal(fresh, secrets.token_bytes(32)))  # an old session's key, say
    rig.channel.send_raw(seal(Message(Kind.RENEW, other("plan"), *_numbers(fresh)), rig.key))
    rig.channel.send_raw(seal(Message(Kind.RENEW, IDS, 1, 10**6, lease_clock_ns()), rig.key))
    rig.channel.send_raw(b"READY")
    wait_until(lambda: {"MAC", "PLAN", "SEQUENCE", "SIZE"} <= rig.loop.refused(), "refusals")
    rig.wait_for_not_ready()

    def is_expired() -> bool:
        rig.loop.listen()
        changes = [e.detail["why"] for e in rig.loop.events if e.kind is EventKind.LEASE]
        return changes[-1] == "EXPIRED"

    wait_until(is_expired, "the lease runs out")


def _numbers(message: Message) -> tuple[int, int, int]:
    return message.sequence, message.frame_index, message.issued_ns


def test_a_forked_child_that_has_channel_and_key_cannot_renew(rig: Rig) -> None:
    rig.make_ready()
    rig.loop.frame(HOLD)
    wait_until(lambda: not rig.loop.is_closed(), "the output opens")
    child = os.fork()
    if child == 0:
        for i in range(50):
            message = Message(Kind.RENEW, IDS, 10**6 + i, 10**6 + i, lease_clock_ns())
            with suppress(BlockingIOError):
                rig.channel._end.send(seal(message, rig.key))
            time.sleep(0.002)
        os._exit(0)
    was_ready = False
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        was_ready |= rig.loop.is_closed()
        time.sleep(0.001)
    assert not was_ready
    wait_until(lambda: "SENDER" in rig.loop.refused(), "refusal of the child")


def test_a_flood_of_garbage_ends_in_not_ready_and_passes(rig: Rig) -> None:
    rig.make_ready()

    def is_flooded() -> bool:
        for _ in range(200):
            rig.channel.send_raw(os.urandom(64))
        return "FLOOD" in rig.loop.refused()

    wait_until(is_flooded, "refusal of the flood")
    rig.wait_for_not_ready()
    rig.make_ready()


def test_a_killed_supervisor_is_not_ready_for_everybody(rig: Rig) -> None:
    rig.make_ready()
    rig.channel.process.kill()
    wait_until(lambda: rig.watch.is_cut, "the connection is cut")
    assert not rig.watch.is_ready
    wait_until(lambda: rig.client.is_lost, "the loop notices")
    rig.loop.frame()  # does not raise
    assert rig.client.n_not_sent > 0


def test_a_stopped_supervisor_is_not_ready_for_everybody(rig: Rig) -> None:
    rig.make_ready()
    with stopped(rig.channel.process.pid):
        rig.loop.frames_until(lambda: not rig.watch.is_ready, "NOT READY though renewed")
        rig.loop.frames_until(lambda: rig.client.is_lost, "the loop notices")
        rig.loop.frames_until(lambda: rig.client.n_not_sent > 0, "not renewed is reported")
        assert not rig.watch.is_cut
    rig.loop.frames_until(lambda: not rig.client.is_lost, "it goes on")


def test_a_supervisor_that_is_asked_to_stop_opens(rig: Rig) -> None:
    rig.make_ready()
    rig.channel.process.terminate()
    wait_until(lambda: rig.watch.is_cut and rig.client.is_lost, "it ends")
    assert rig.channel.process.wait(PATIENCE_S) == 1


def test_the_end_of_the_session_ends_the_supervisor_cleanly(rig: Rig) -> None:
    rig.make_ready()
    rig.client.close()
    assert rig.channel.process.returncode == 0
    wait_until(lambda: rig.watch.is_cut, "the connection is cut")


SESSION = """
import sys, time
sys.path[:0] = [sys.argv[1]]
from pathlib import Path
from tests.integration.test_supervisor_process import Rig
rig = Rig(Path(sys.argv[2]))
print(rig.channel.process.pid, flush=True)
while True:
    rig.loop.frame()
    time.sleep(0.02)
"""


@contextmanager
def session_elsewhere(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A tracking loop in a process of its own, always READY; yields it and its supervisor's pid."""
    command = [sys.executable, "-c", SESSION, str(ROOT), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def is_gone(pid: int) -> bool:
    """Whether a process ended; one that nobody waits for may stay as a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_a_killed_session_is_not_ready_and_its_supervisor_ends(tmp_path: Path) -> None:
    with session_elsewhere(tmp_path) as (session, supervisor_pid):
        watch = Watch(tmp_path / "s")
        wait_until(lambda: watch.is_ready, "READY at the second computer")
        session.kill()
        wait_until(lambda: not watch.is_ready, "NOT READY at the second computer")
        wait_until(lambda: is_gone(supervisor_pid), "the supervisor ends")
        wait_until(lambda: watch.is_cut, "the connection is cut")
        assert watch.last_word == "NOT_READY"  # it lived on to say so
        watch.close()


def test_a_stopped_session_is_not_ready_until_it_goes_on(tmp_path: Path) -> None:
    with session_elsewhere(tmp_path) as (session, _):
        watch = Watch(tmp_path / "s")
        wait_until(lambda: watch.is_ready, "READY at the second computer")
        with stopped(session.pid):
            wait_until(lambda: not watch.is_ready, "NOT READY at the second computer")
        wait_until(lambda: watch.is_ready, "READY again")
        watch.close()


WILD_CLOCKS = """
import time
_steps = iter(range(1, 10**9))
def _wild(): return 86400.0 * next(_steps) * (-1) ** next(_steps)
time.time, time.time_ns = _wild, lambda: int(_wild() * 1e9)
time.localtime = time.gmtime = time.ctime = None
"""


def test_a_wall_clock_that_jumps_by_days_changes_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, boot=f"exec({WILD_CLOCKS!r}); {BOOT}")
    rig.make_ready()
    for _ in range(20):
        rig.loop.frame()
        time.sleep(0.01)
    losses = [e for e in rig.loop.events if e.kind is EventKind.LEASE and not e.detail["held"]]
    assert losses == []
    rig.wait_for_not_ready()
    rig.close()


def loop_with(relay: Relay) -> tuple[Loop, Channel]:
    """A loop whose supervisor drives a relay."""
    wiring = Wiring(output="serial", device=relay.device)
    key = secrets.token_bytes(32)
    channel = launch(Start(key, b"", IDS, os.getpid(), wiring))
    prove(channel, key)
    return Loop(SupervisorClient(channel, IDS)), channel


def test_a_relay_that_is_unplugged_is_a_fault_that_the_loop_hears_of() -> None:
    relay = Relay()
    loop, channel = loop_with(relay)
    loop.frames_until(lambda: relay.is_closed, "the relay closes")
    relay.unplug()
    loop.frames_until(lambda: bool(loop.client.fault), "the fault")
    assert relay.device in loop.client.fault
    loop.frame()
    assert not loop.is_closed()
    assert channel.process.poll() is None
    loop.client.close()


def test_a_relay_is_closed_by_the_living_loop_alone() -> None:
    relay = Relay()
    loop, channel = loop_with(relay)
    endings: list[Callable[[], object]] = [
        lambda: loop.frame(HOLD),
        lambda: None,  # silence
        lambda: os.kill(channel.process.pid, signal.SIGSTOP),
    ]
    for end in endings:
        loop.frames_until(lambda: relay.is_closed, "the relay closes")
        end()
        wait_until(lambda: not relay.is_closed, "the relay opens")
    os.kill(channel.process.pid, signal.SIGCONT)
    loop.frames_until(lambda: relay.is_closed, "the relay closes again")
    channel.process.kill()
    wait_until(lambda: not relay.is_closed, "the relay opens")
    loop.client.close()
    relay.unplug()
