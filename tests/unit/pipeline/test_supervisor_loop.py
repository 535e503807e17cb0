"""The supervisor's loop, turn by turn, on a clock of the test's own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from pipeline.supervisor.events import EventKind, SupervisorEvent, decoded
from pipeline.supervisor.inbox import MAX_AT_ONCE
from pipeline.supervisor.lease_holder import LEASE_NS
from pipeline.supervisor.loop import EXIT_ENDED, EXIT_SESSION_DIED, LINGER_NS, Supervisor
from pipeline.supervisor.message import DATAGRAM_BYTES, Kind, Message, seal
from pipeline.supervisor.modem_line import LineReader
from pipeline.supervisor.output import FAR_NS, OutputFault
from pipeline.supervisor.permissive import AfterBeamOn, Permission
from pipeline.supervisor.proof_list import REQUIRED
from pipeline.supervisor.start import Start, Wiring
from tests.builders_supervisor import IDS, KEY, OTHER_KEY

MS = 1_000_000


@dataclass
class FakeOutput:
    """Remembers what it was told."""

    permission: Permission | None = None
    is_welded: bool = False
    is_broken: bool = False
    is_shut: bool = False
    place: str = "a test"

    def files(self) -> tuple[int, ...]:
        return ()

    def drive(self, permission: Permission, sequence: int, now_ns: int) -> int:
        if self.is_broken:
            raise OutputFault("it broke")
        self.permission = permission
        return FAR_NS

    def reads_closed(self) -> bool | None:
        return self.is_welded

    def close(self) -> None:
        self.is_shut = True

    def is_closed(self) -> bool:
        return self.permission is not None and self.permission.is_closed


@dataclass
class FakeLine:
    """The machine's beam-on."""

    on: bool = False
    is_unplugged: bool = False

    def is_on(self) -> bool:
        if self.is_unplugged:
            raise OSError(5, "Input/output error")
        return self.on


@dataclass
class Bench:
    """A supervisor on the bench, and the session's end of its channel."""

    line: FakeLine | None = None
    choice: AfterBeamOn = AfterBeamOn.ALARM
    now_ns: int = 10**9
    parent: int = field(default_factory=os.getpid)
    output: FakeOutput = field(default_factory=FakeOutput)
    sequence: int = 0
    frame_index: int = -1
    events: list[SupervisorEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.setblocking(False)
        wiring = Wiring(after_beam_on=self.choice)
        line: LineReader | None = self.line
        self.supervisor = Supervisor(
            Start(KEY, b"", IDS, os.getpid(), wiring),
            theirs,
            self.output,
            line,
            now_ns=lambda: self.now_ns,
            parent_pid=lambda: self.parent,
        )

    def send(self, kind: Kind, *, key: bytes = KEY) -> None:
        """Send one message, and let the supervisor take a turn."""
        self.sequence += 1
        self.frame_index += kind in (Kind.RENEW, Kind.NOT_READY)
        frame_index = max(self.frame_index, 0)
        self.ours.send(seal(Message(kind, IDS, self.sequence, frame_index, self.now_ns), key))
        self.turn()

    def turn(self, passed_ns: int = MS) -> None:
        """Let time pass and the supervisor take a turn."""
        self.now_ns += passed_ns
        self.supervisor.turn()
        self.listen()

    def listen(self) -> None:
        while True:
            try:
                data = self.ours.recv(4096)
            except OSError:
                return
            if not data:
                return
            self.events.append(decoded(data))

    def go_live(self) -> None:
        """Skip the proof test, as only a test of the loop may."""
        self.supervisor._proof.seen |= REQUIRED
        self.send(Kind.GO_LIVE)

    def told(self, kind: EventKind) -> list[dict[str, object]]:
        """Details of the events of one kind."""
        return [dict(e.detail) for e in self.events if e.kind is kind]

    def refused(self) -> set[str]:
        """What was refused."""
        self.turn(20 * MS)
        return {name for detail in self.told(EventKind.REFUSED) for name in detail}

    def close(self) -> None:
        self.ours.close()
        self.supervisor.channel.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


@pytest.fixture
def wired() -> Iterator[Bench]:
    """With the machine's beam-on wired, and live."""
    bench = Bench(line=FakeLine())
    bench.go_live()
    yield bench
    bench.close()


def test_before_the_proof_test_a_valid_lease_reaches_no_output(bench: Bench) -> None:
    bench.send(Kind.RENEW)
    assert bench.told(EventKind.LEASE) == [{"held": True, "why": ""}]
    assert not bench.output.is_closed()


def test_it_does_not_go_live_before_the_whole_proof_test(bench: Bench) -> None:
    for missing in REQUIRED:
        bench.supervisor._proof.seen = set(REQUIRED - {missing})
        bench.send(Kind.GO_LIVE)
        assert "PROOF" in bench.refused()
        bench.events.clear()
        bench.send(Kind.RENEW)
        assert not bench.output.is_closed(), missing
    assert bench.told(EventKind.LIVE) == []


def test_live_it_closes_and_opens_with_the_lease(bench: Bench) -> None:
    bench.go_live()
    assert not bench.output.is_closed()
    bench.send(Kind.RENEW)
    assert bench.output.is_closed()
    bench.turn(LEASE_NS - 2 * MS)
    assert bench.output.is_closed()
    bench.turn(MS)
    assert not bench.output.is_closed()
    assert bench.told(EventKind.LEASE)[-1] == {"held": False, "why": "EXPIRED"}
    assert bench.told(EventKind.OUTPUT) == [{"closed": True}, {"closed": False}]


@pytest.mark.parametrize("kind", [Kind.NOT_READY, Kind.DROP])
def test_not_ready_opens_in_the_same_turn(bench: Bench, kind: Kind) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    bench.send(kind)
    assert not bench.output.is_closed()


def test_forgeries_leave_the_deadline_and_are_counted(bench: Bench) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    for _ in range(20):
        bench.send(Kind.RENEW, key=OTHER_KEY)
    assert bench.output.is_closed()
    bench.turn(LEASE_NS - 20 * MS)
    assert not bench.output.is_closed()
    assert sum(int(str(d["MAC"])) for d in bench.told(EventKind.REFUSED)) == 20


def test_after_a_stop_what_ran_out_is_dropped_before_anything_is_read(bench: Bench) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    for _ in range(10):
        bench.sequence += 1
        bench.frame_index += 1
        late = Message(Kind.RENEW, IDS, bench.sequence, bench.frame_index, bench.now_ns)
        bench.ours.send(seal(late, KEY))
    bench.turn(2 * LEASE_NS)
    assert not bench.output.is_closed()
    assert bench.refused() == {"STALE"}


def test_a_flood_drops_what_was_held_and_ends(bench: Bench) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    sent = 0
    while sent <= MAX_AT_ONCE:
        try:
            bench.ours.send(b"x" * DATAGRAM_BYTES)
            sent += 1
        except BlockingIOError:
            bench.turn(0)
    bench.turn(0)
    assert not bench.output.is_closed()
    assert {"held": False, "why": "FLOODED"} in bench.told(EventKind.LEASE)
    bench.turn(1000 * MS)
    bench.send(Kind.RENEW)
    assert bench.output.is_closed()
    assert "FLOOD" in bench.refused()


def test_a_session_that_is_gone_opens_at_once_and_ends_the_process(bench: Bench) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    bench.ours.close()
    bench.turn()
    assert not bench.output.is_closed()
    assert bench.supervisor._exit_code is None  # the second computer is still told
    bench.turn(LINGER_NS)
    assert bench.supervisor._exit_code == EXIT_SESSION_DIED


def test_another_parent_means_that_the_session_died(bench: Bench) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    bench.parent = 1
    bench.turn()
    assert not bench.output.is_closed()
    bench.sequence += 1
    bench.send(Kind.RENEW)  # a child of the dead session that kept the channel
    assert not bench.output.is_closed()


def test_end_and_a_signal_end_it(bench: Bench) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    bench.send(Kind.END)
    assert not bench.output.is_closed()
    assert bench.supervisor._exit_code == EXIT_ENDED
    asked = Bench()
    asked.supervisor.is_asked_to_stop = True
    assert asked.supervisor.run() == EXIT_SESSION_DIED
    assert asked.output.is_shut
    asked.close()


def test_nothing_comes_after_the_end(bench: Bench) -> None:
    bench.go_live()
    for sequence, kind in ((98, Kind.END), (99, Kind.RENEW)):
        bench.ours.send(seal(Message(kind, IDS, sequence, sequence, bench.now_ns), KEY))
    bench.turn()
    assert not bench.output.is_closed()


def test_it_goes_live_once_and_counts_frames_once(bench: Bench) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    bench.send(Kind.GO_LIVE)
    assert not bench.output.is_closed()
    bench.frame_index -= 1
    bench.send(Kind.RENEW)
    assert not bench.output.is_closed()
    assert bench.refused() == {"PROOF", "FRAME"}


def test_it_does_not_go_live_with_the_beam_on_or_the_relay_closed() -> None:
    for bench in (Bench(line=FakeLine(on=True)), Bench(output=FakeOutput(is_welded=True))):
        bench.go_live()
        assert bench.refused() == {"BEAM"}
        bench.send(Kind.RENEW)
        assert not bench.output.is_closed()
        bench.close()


def test_a_broken_output_stays_open_until_the_next_start(bench: Bench) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    bench.output.is_broken = True
    bench.turn()
    assert bench.told(EventKind.FAULT) == [{"what": "it broke"}]
    bench.output.is_broken = False
    bench.send(Kind.RENEW)
    assert not bench.output.is_closed()
    assert len(bench.told(EventKind.FAULT)) == 1


def test_the_machines_beam_is_recorded_and_a_lost_lease_under_it_alarmed(wired: Bench) -> None:
    assert wired.line is not None
    wired.send(Kind.RENEW)
    wired.line.on = True
    wired.send(Kind.RENEW)
    wired.send(Kind.NOT_READY)
    assert wired.output.is_closed()
    wired.line.on = False
    wired.turn()
    assert not wired.output.is_closed()
    beams = [e for e in wired.events if e.kind is EventKind.BEAM]
    assert [dict(e.detail) for e in beams] == [
        {"on": True, "source": "line", "counts": True},
        {"on": False, "source": "line", "counts": True},
    ]
    assert (beams[0].frame_index, beams[1].frame_index) == (0, 2)
    assert beams[0].at_ns < beams[1].at_ns
    assert wired.told(EventKind.ALARM) == [{"what": "NOT_READY_IN_BEAM"}, {"what": ""}]


def test_where_the_machine_tells_a_key_is_recorded_and_counts_for_nothing(wired: Bench) -> None:
    wired.send(Kind.RENEW)
    wired.send(Kind.BEAM_ON)
    wired.send(Kind.NOT_READY)
    assert not wired.output.is_closed()
    assert wired.told(EventKind.BEAM) == [{"on": True, "source": "key", "counts": False}]


def test_without_a_line_the_key_counts(bench: Bench) -> None:
    bench.go_live()
    bench.send(Kind.RENEW)
    bench.send(Kind.BEAM_ON)
    bench.send(Kind.NOT_READY)
    assert bench.output.is_closed()
    bench.send(Kind.BEAM_OFF)
    assert not bench.output.is_closed()


def test_a_beam_line_that_cannot_be_read_is_a_fault(wired: Bench) -> None:
    assert wired.line is not None
    wired.send(Kind.RENEW)
    wired.line.is_unplugged = True
    wired.turn()
    assert not wired.output.is_closed()
    assert "beam-on input" in str(wired.told(EventKind.FAULT)[0]["what"])


def test_a_beam_under_a_broken_output_is_recorded_too(wired: Bench) -> None:
    assert wired.line is not None
    wired.output.is_broken = True
    wired.turn()
    wired.line.on = True
    wired.turn()
    assert wired.told(EventKind.BEAM) == [{"on": True, "source": "line", "counts": True}]
    assert wired.told(EventKind.ALARM) == [{"what": "BEAM_WITHOUT_READY"}]


def test_events_that_nobody_reads_are_counted_and_never_block(bench: Bench) -> None:
    bench.go_live()
    for i in range(2000):
        bench.now_ns += MS
        kind = Kind.RENEW if i % 2 else Kind.NOT_READY
        bench.sequence += 1
        bench.frame_index += 1
        sent = Message(kind, IDS, bench.sequence, bench.frame_index, bench.now_ns)
        bench.ours.send(seal(sent, KEY))
        bench.now_ns += 2 * MS
        bench.supervisor.turn()
    for _ in range(20):
        bench.turn()
    assert sum(int(str(d["n"])) for d in bench.told(EventKind.LOST)) > 0
