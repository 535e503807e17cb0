"""`session step|approve|status` into a session whose loop decides by a real desk."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.config.site_file import parse_site
from pipeline.session.client import ask
from pipeline.session.commands import message_of
from pipeline.session.control import Cone, SessionControl
from pipeline.session.inbox import Inbox
from pipeline.session.persons import Gatekeeper
from tests.config_texts import PINS, SIGNING_SITE
from tests.session_parts import RUNNING
from tests.workflow_parts import Desk


class Running:
    """Frames in a thread; something is drawn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = Desk(folder)
        self.desk.see()
        assert self.desk.draw().accepted
        self._ends = threading.Event()
        persons = parse_site(SIGNING_SITE, "site.toml").persons
        self._inbox = Inbox(folder, Gatekeeper(persons))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        control = SessionControl(self._inbox, self.desk.desk)
        while not self._ends.wait(0.005):
            control.step(RUNNING, None, frame_index=9, cone=Cone.PLACED)

    def close(self) -> None:
        self._ends.set()
        self._thread.join()
        self._inbox.close()
        self.desk.store.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    found = Running(tmp_path)
    yield found
    found.close()


def test_steps_and_approval_by_command(
    running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--session", str(running.folder)]
    assert main(["session", "step", "dock", *folder]) == 2
    assert "A step before this one is not done" in capsys.readouterr().err
    assert main(["session", "step", "draw", *folder]) == 0
    assert main(["session", "status", *folder]) == 0
    shown = capsys.readouterr().out
    assert "step         draw" in shown
    assert "drawn        area_at_risk (not approved)" in shown
    approve = ["session", "approve", "--person", "surgeon-1", "--pin-stdin", *folder]
    monkeypatch.setattr("sys.stdin", io.StringIO("000001\n"))
    assert main(approve) == 2
    assert not running.desk.is_approved()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PINS['surgeon-1']}\n"))
    assert main(approve) == 0
    assert "Revision 1: cone MOB-D60-B15; drawn: area_at_risk" in capsys.readouterr().err
    assert running.desk.is_approved()


def test_what_is_cleared_while_the_pin_is_asked_for_is_not_approved(
    running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--session", str(running.folder)]

    def read_pin(_prompt: str, *, from_stdin: bool) -> str:
        assert not from_stdin
        assert ask(running.folder, message_of({"kind": "undo"})).accepted
        return PINS["surgeon-1"]

    monkeypatch.setattr("pipeline.cli.pin_input.read_pin", read_pin)
    assert main(["session", "approve", "--person", "surgeon-1", *folder]) == 2
    assert "What is shown has changed since" in capsys.readouterr().err
    assert running.desk.desk.state.approved is None


def test_a_step_that_does_not_exist_is_no_command(running: Running) -> None:
    assert main(["session", "step", "nowhere", "--session", str(running.folder)]) == 2
