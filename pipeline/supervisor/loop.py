"""The supervisor's loop: read the session, watch beam and time, drive the output, tell of it.

What ran out while the process slept or was stopped is dropped before anything new is read, and the
output is driven only when everything that had arrived has been judged.

Standard library only: the supervisor process imports this.

Fails to: the output open.
"""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import socket

from pipeline.supervisor.diary import Diary
from pipeline.supervisor.events import EventKind, Reporter
from pipeline.supervisor.inbox import Inbox, SessionGone
from pipeline.supervisor.lease_holder import LeaseHolder
from pipeline.supervisor.message import Kind, Message
from pipeline.supervisor.modem_line import LineReader
from pipeline.supervisor.output import Output, OutputFault
from pipeline.supervisor.permissive import DENIED, Permission, Permissive
from pipeline.supervisor.proof_list import Loss, ProofList
from pipeline.supervisor.refusal import Refusal
from pipeline.supervisor.start import Start

TICK_NS = 5_000_000
LINGER_NS = 1_000_000_000  # the second computer is told NOT READY for so long after a session died
EXIT_ENDED = 0
EXIT_SESSION_DIED = 1

_LOSSES = {
    Kind.NOT_READY: Loss.NOT_READY,
    Kind.DROP: Loss.DROPPED,
    Kind.GO_LIVE: Loss.DROPPED,
    Kind.END: Loss.ENDED,
}


@dataclass(eq=False)
class Supervisor:
    """One session's supervisor.

    Parameters
    ----------
    channel : socket
        This process's end of the session's channel.
    beam_line : LineReader or None
        The machine's beam-on; without one a person's key counts.
    now_ns
        The monotonic clock.
    parent_pid
        The process that started this one; another, once that one died.
    """

    start: Start
    channel: socket
    output: Output
    beam_line: LineReader | None = None
    now_ns: Callable[[], int] = time.monotonic_ns
    parent_pid: Callable[[], int] = os.getppid
    is_asked_to_stop: bool = False  # set by a signal
    _holder: LeaseHolder = field(init=False)
    _permissive: Permissive = field(init=False)
    _inbox: Inbox = field(init=False)
    _diary: Diary = field(init=False)
    _proof: ProofList = field(default_factory=ProofList, init=False)
    _is_live: bool = False
    _is_broken: bool = False
    _is_key_pressed: bool = False
    _loss: Loss = Loss.EXPIRED
    _was_held: bool = False
    _next_ns: int = 0
    _died_ns: int | None = None
    _exit_code: int | None = None

    def __post_init__(self) -> None:
        start = self.start
        self._holder = LeaseHolder(start.key, start.ids, start.session_pid)
        self._permissive = Permissive(start.wiring.after_beam_on)
        self._inbox = Inbox(self.channel, self.now_ns())
        self._diary = Diary(
            Reporter(self.channel), self._holder, self.now_ns, self.beam_line is not None
        )

    def run(self) -> int:
        """Supervise until the session ends; return the process's exit code."""
        try:
            self._diary.tell(EventKind.HELLO, place=self.output.place)
            while self._exit_code is None:
                self._sleep()
                self.turn()
        finally:
            self.output.close()
        return self._exit_code

    def turn(self) -> None:
        """One round."""
        self._drive()
        if self._died_ns is None:
            self._read_session()
        self._drive()
        self._diary.tell_regularly()
        self._end_where_due()

    def _sleep(self) -> None:
        """Wait for input, the next deadline or the next tick; a flood does not wake it."""
        now_ns = self.now_ns()
        until_ns = min(self._next_ns, now_ns + TICK_NS)
        if self._holder.is_ready(now_ns):
            until_ns = min(until_ns, self._holder.ready_until_ns)
        timeout_s = max(0, until_ns - now_ns) / 1e9
        if self._inbox.is_flooded:
            time.sleep(TICK_NS / 1e9)
            return
        with selectors.PollSelector() as selector:
            if self._died_ns is None:
                selector.register(self.channel, selectors.EVENT_READ)
            for fd in self.output.files():
                selector.register(fd, selectors.EVENT_READ)
            selector.select(timeout_s)

    def _read_session(self) -> None:
        try:
            for datagram in self._inbox.read(self.now_ns()):
                was_held = self._holder.is_ready(self.now_ns())
                answer = self._holder.take(datagram.data, datagram.sender_pid, self.now_ns())
                if isinstance(answer, Message):
                    self._obey(answer, was_held=was_held)
                else:
                    self._refuse(answer, was_held=was_held)
                self._note_lease(self.now_ns())
                if self._exit_code is not None:
                    return  # nothing comes after the end
        except SessionGone:
            self._lose(Loss.SESSION_DIED)
        if self.parent_pid() != self.start.session_pid:
            self._lose(Loss.SESSION_DIED)
        if self._inbox.is_flooded:  # what is not read may be a NOT READY
            self._diary.refused[Refusal.FLOOD] += 1
            self._loss = Loss.FLOODED
            self._holder.drop()

    def _refuse(self, refusal: Refusal, *, was_held: bool) -> None:
        self._diary.refused[refusal] += 1
        if not self._holder.is_ready(self.now_ns()):
            self._proof.seen.add(refusal)
            if was_held:  # refused, and yet it dropped: a NOT READY that came late
                self._loss = Loss.DROPPED

    def _obey(self, message: Message, *, was_held: bool) -> None:
        is_held = self._holder.is_ready(self.now_ns())
        if message.kind is Kind.RENEW:
            self._loss = Loss.EXPIRED
        elif message.kind in _LOSSES and not is_held:
            self._loss = _LOSSES[message.kind]
            if was_held and message.kind is Kind.NOT_READY:
                self._proof.seen.add(Loss.NOT_READY)
        if message.kind in (Kind.BEAM_ON, Kind.BEAM_OFF):
            self._is_key_pressed = message.kind is Kind.BEAM_ON
            counts = self.beam_line is None
            self._diary.tell(EventKind.BEAM, on=self._is_key_pressed, source="key", counts=counts)
        elif message.kind is Kind.GO_LIVE:
            self._go_live()
        elif message.kind is Kind.END:
            self._holder.end()
            self._exit_code = EXIT_ENDED

    def _go_live(self) -> None:
        """Let the lease reach the output, if all that is known to be bad was answered rightly.

        Once only: the session's frames may not be counted anew.
        """
        if self._is_live or not self._proof.is_complete:
            self._diary.refused[Refusal.PROOF] += 1
        elif self._is_beam_on() or self._reads_closed():
            self._diary.refused[Refusal.BEAM] += 1
        else:
            self._holder.begin_frames()
            self._is_live = True
            self._diary.tell(EventKind.LIVE)

    def _is_beam_on(self) -> bool:
        """Beam-on by the machine's line, else by key. A line that cannot be read is a fault."""
        if self.beam_line is None:
            return self._is_key_pressed
        try:
            return self.beam_line.is_on()
        except OSError as error:
            self._break(f"the beam-on input cannot be read: {error}")
            return False

    def _reads_closed(self) -> bool:
        try:
            return bool(self.output.reads_closed())
        except OutputFault as fault:
            self._break(str(fault))
            return True

    def _drive(self) -> None:
        """Decide and drive, at one moment."""
        now_ns = self.now_ns()
        self._note_lease(now_ns)
        permission = self._permission(now_ns)
        try:
            self._next_ns = self.output.drive(permission, self._holder.sequence, now_ns)
        except OutputFault as fault:
            self._break(str(fault))
            permission = self._permission(now_ns)
        self._diary.tell_changes(permission)

    def _permission(self, now_ns: int) -> Permission:
        if not self._is_live:
            return DENIED
        is_on = self._is_beam_on()
        return self._permissive.decide(
            self._holder, is_beam_on=is_on, now_ns=now_ns, is_denied=self._is_broken
        )

    def _note_lease(self, now_ns: int) -> None:
        is_held = self._holder.is_ready(now_ns)
        if is_held != self._was_held:
            self._was_held = is_held
            if not is_held and self._loss is Loss.EXPIRED:
                self._proof.seen.add(Loss.EXPIRED)
            self._diary.tell(EventKind.LEASE, held=is_held, why="" if is_held else self._loss)

    def _end_where_due(self) -> None:
        if self.is_asked_to_stop and self._exit_code is None:
            self._holder.end()
            self._exit_code = EXIT_SESSION_DIED
        if self._died_ns is not None and self.now_ns() - self._died_ns >= LINGER_NS:
            self._exit_code = EXIT_SESSION_DIED
        if self._exit_code is not None:
            self._diary.tell(
                EventKind.ENDED, why="stopped" if self.is_asked_to_stop else self._loss
            )

    def _lose(self, loss: Loss) -> None:
        """The session is gone; its lease goes with it."""
        if self._died_ns is None:
            self._loss, self._died_ns = loss, self.now_ns()
            self._holder.end()

    def _break(self, what: str) -> None:
        """Keep the output open until the next start."""
        if not self._is_broken:
            self._is_broken = True
            self._diary.tell(EventKind.FAULT, what=what)
