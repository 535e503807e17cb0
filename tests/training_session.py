"""A training session in a thread, asked by its socket; its frames, rendered once for all tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config.catalogue_file import read_catalogue
from pipeline.session.answers import Answer
from pipeline.session.client import ask
from pipeline.session.commands import message_of
from pipeline.session.control_socket import socket_path
from pipeline.workflow.training import PERSONS, train
from pipeline.workflow.training_frames import FILE_NAME, training_frames
from recordings.progress import unheard
from tests.once import once
from tracking.errors import UsageError

PINS = {person: f"12345{k}" for k, person in enumerate(PERSONS)}
PATIENCE_S = 400.0  # a deadlock ends the test; a report beside other work may take minutes
SQUARE = ((424.0, 352.0), (444.0, 352.0), (444.0, 372.0), (424.0, 372.0))  # on the bed


def rendered(request: pytest.FixtureRequest) -> Path:
    """The file of the session's frames; whoever needs it first waits until it is rendered."""
    return once(request, "training", _render) / FILE_NAME


def _render(folder: Path) -> None:
    training_frames(folder, read_catalogue(None).applicators, unheard)


class Training:
    """A training session in a thread of its own."""

    def __init__(self, out: Path, *, serve: bool = False) -> None:
        self.out, self.folder, self.serve = out, out / "session", serve
        self.said: list[str] = []
        self.over = threading.Event()
        self.failure: list[BaseException] = []
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            train(
                self.out,
                self.said.append,
                serve=self.serve,
                is_over=self.over.is_set,
                pins=PINS,
            )
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            self.failure.append(error)

    def __enter__(self) -> Training:
        self.thread.start()
        self.until(lambda: socket_path(self.folder).exists())
        self.until(lambda: self.ask("status").status is not None)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join(PATIENCE_S)
        assert not self.failure, self.failure

    def until(self, holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            assert not self.failure, self.failure
            try:
                if holds():
                    return
            except UsageError:
                pass
            time.sleep(0.05)
        raise AssertionError("it did not come to that in time")

    def ask(self, kind: str, **content: object) -> Answer:
        return ask(self.folder, message_of({"kind": kind, **content}))

    def step(self) -> str:
        status = self.ask("status").status
        assert status is not None
        assert status.workflow is not None
        return status.workflow.step

    def go(self, step: str) -> None:
        self.until(lambda: self.ask("step", to=step).accepted)

    def draw(self, name: str, *points: tuple[float, float]) -> Answer:
        status = self.ask("status").status
        assert status is not None
        shape = [[float(u), float(v)] for u, v in points]
        return self.ask(
            "draw", name=name, frame_index=status.frame_index - 1, points=shape, person="surgeon"
        )

    def sign(self, kind: str, person: str, **content: object) -> Answer:
        return self.ask(kind, person=person, pin=PINS[person], **content)

    def approve(self, person: str, revision: int) -> Answer:
        status = self.ask("status").status
        assert status is not None
        assert status.workflow is not None
        content_id = status.workflow.content_id
        return self.sign("approve", person, plan_revision=revision, content_id=content_id)

    def confirm(self, person: str) -> Answer:
        status = self.ask("status").status
        assert status is not None
        running = status.identities
        items = {n: getattr(running, n) for n in ("plan", "patient", "machine", "applicator")}
        return self.sign("time_out", person, read_back=items)

    def has_said(self, words: str, since: int = 0) -> bool:
        return any(words in line for line in self.said[since:])

    def is_ready(self, since: int = 0) -> bool:
        return self.has_said("GEOMETRY READY", since)
