"""Keeps asking the QA store beside a live session, and hands its answer to every frame.

A thread asks, so that a slow database cannot delay a frame; it decides nothing. Each frame's
evidence is judged with the session's own clock. Fails to: missing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from calibration.qa.protocol import ProtocolName
from calibration.qa.run_record import Setup
from calibration.qa.standing import Standing, standing
from calibration.qa_store.store import QaStore, open_store
from pipeline.qa.proof import Look, QaProof
from pipeline.qa.told import NO_ANSWER, UNREADABLE, QaTold
from pipeline.surroundings import AskSurroundings, FrameFacts, Surroundings
from tracking.errors import TrackerError
from tracking.snapshot import Evidence

PERIOD_S = 5.0

NowNs = Callable[[], int]


def live_standing(
    store: QaStore, setup: Setup, now_ns: int, required: tuple[ProtocolName, ...]
) -> Standing:
    """Where a rig stands for live sessions: runs over a live camera's frames alone count.

    The reference in use is the newest one of the rig; without one nothing is proven.
    """
    baseline = store.baseline(setup.camera_serial, setup.rig, "live")
    named = replace(setup, baseline="none" if baseline is None else baseline.id)
    return standing(store.runs(setup.camera_serial, "live"), named, now_ns, required)


class QaWatch:
    """The QA evidence of one live session.

    Parameters
    ----------
    address : str
        The store's folder, file or URL; opened by the first look, and again after a failure.
    setup : Setup
        What the session runs with.
    now_ns : callable
        The session's wall clock, UTC.
    """

    def __init__(
        self,
        address: str,
        setup: Setup,
        now_ns: NowNs,
        required: tuple[ProtocolName, ...] = (ProtocolName.DAILY,),
        period_s: float = PERIOD_S,
    ) -> None:
        self._address, self._setup, self._now_ns = address, setup, now_ns
        self._required, self._period_s = required, period_s
        self._store: QaStore | None = None
        self._proof = QaProof()
        self._last_ns = 0
        self._trouble = ""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="qa-watch", daemon=True)

    def __enter__(self) -> QaWatch:
        """Look once, then keep looking."""
        self.look()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join(timeout=2 * PERIOD_S)
        if self._store is not None:
            self._store.close()

    @property
    def told(self) -> QaTold:
        """Where the rig stands, for people."""
        with self._lock:
            look, trouble = self._proof.look, self._trouble
        if look is not None and look.standing is not None:
            return QaTold(look.standing.state)
        return QaTold(UNREADABLE, trouble) if trouble else QaTold(NO_ANSWER)

    @property
    def sentence(self) -> str:
        """The same as an English sentence, for terminal and report."""
        return self.told.sentence

    def look(self) -> None:
        """Ask the store once. A store that cannot be read leaves nothing proven."""
        at_ns, found, trouble = self._now_ns(), None, ""
        try:
            if self._store is None:
                self._store = open_store(self._address)
            found = live_standing(self._store, self._setup, at_ns, self._required)
        except TrackerError as error:
            self._store, trouble = None, str(error)
        with self._lock:
            self._proof = replace(self._proof, look=Look(found, at_ns))
            self._trouble = trouble

    def evidence(self, now_ns: int) -> Evidence:
        """Evidence for a frame that is decided at `now_ns`."""
        with self._lock:
            found = self._proof.evidence(now_ns)
            self._proof = replace(self._proof, latest_ns=max(now_ns, self._proof.latest_ns))
        return found

    def shown(self, now_ns: int) -> Evidence:
        """The same for people; it is no frame's, and leaves no trace."""
        with self._lock:
            return self._proof.evidence(max(now_ns, self._proof.latest_ns))

    def around(self, ask: AskSurroundings) -> AskSurroundings:
        """The session's surroundings with this evidence of the QA."""

        def asked(facts: FrameFacts) -> Surroundings:
            told = ask(facts)
            qa = self.evidence(self._now_ns())
            return replace(told, evidence=replace(told.evidence, qa=qa))

        return asked

    def _run(self) -> None:
        while not self._stop.wait(self._period_s):
            self.look()
