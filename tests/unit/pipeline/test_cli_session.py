from __future__ import annotations

import getpass
import io
import json
import threading
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.config.site_file import parse_site
from pipeline.session.control import Cone, ControlState, SessionControl
from pipeline.session.events import Event, EventKind
from pipeline.session.inbox import Inbox
from pipeline.session.persons import Gatekeeper
from tests.config_texts import PINS, SIGNING_SITE, SITE, replaced, written
from tests.session_parts import RUNNING
from tracking.snapshot import Evidence

YES = "y\ny\ny\ny\n"


class RunningSession:
    """A loop that decides frames in a thread, with the fault of frame 3 latched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._events: list[Event] = []
        self._state = ControlState(Evidence.MISSING, None)
        self._step = threading.Lock()  # a step answers before its events are kept
        self._ends = threading.Event()
        persons = parse_site(SIGNING_SITE, "site.toml").persons
        self._inbox = Inbox(folder, Gatekeeper(persons))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def events(self) -> list[Event]:
        with self._step:
            return list(self._events)

    @property
    def state(self) -> ControlState:
        with self._step:
            return self._state

    def close(self) -> None:
        self._ends.set()
        self._thread.join()
        self._inbox.close()

    def _run(self) -> None:
        control, frame_index = SessionControl(self._inbox), 10
        while not self._ends.wait(0.005):
            with self._step:
                self._state = control.step(RUNNING, 3, frame_index=frame_index, cone=Cone.DOCKED)
                self._events += self._state.events
            frame_index += 1


@pytest.fixture
def session(tmp_path: Path) -> Iterator[RunningSession]:
    running = RunningSession(tmp_path)
    yield running
    running.close()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    return monkeypatch


def run(
    arguments: list[str], stdin: str, typed: pytest.MonkeyPatch, folder: Path, code: int = 0
) -> None:
    typed.setattr("sys.stdin", io.StringIO(stdin))
    assert main(["session", *arguments, "--session", str(folder)]) == code


def timeout(
    person: str, answers: str, typed: pytest.MonkeyPatch, session: RunningSession, code: int = 0
) -> None:
    arguments = ["timeout", "--person", person, "--pin-stdin", "--json"]
    stdin = f"{PINS.get(person, '999999')}\n{answers}"
    run(arguments, stdin, typed, session.folder, code)


def test_two_persons_hold_the_time_out(
    session: RunningSession, typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    timeout("physicist-1", YES, typed, session)
    out, err = capsys.readouterr()
    assert json.loads(out)["why"] == "Confirmed. A second person must confirm."
    for name in ("plan", "patient", "machine", "applicator"):
        assert f"{name}: {getattr(RUNNING, name)} - is that so?" in err
    timeout("surgeon-1", YES, typed, session)
    out, err = capsys.readouterr()
    assert json.loads(out)["status"]["time_out"] is True
    assert session.state.time_out is Evidence.PROVEN
    run(["status", "--json"], "", typed, session.folder)
    assert json.loads(capsys.readouterr().out)["confirmed_by"] == ["physicist-1", "surgeon-1"]
    run(["status"], "", typed, session.folder)
    assert "holds: physicist-1, surgeon-1" in capsys.readouterr().out


def test_the_same_person_twice_is_refused(
    session: RunningSession, typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    timeout("physicist-1", YES, typed, session)
    timeout("physicist-1", YES, typed, session, code=2)
    out, err = capsys.readouterr()
    assert '"code": "SAME_PERSON"' in out
    assert "a second person must confirm" in err
    assert session.state.time_out is Evidence.MISSING


@pytest.mark.parametrize("position", range(4))
def test_an_item_that_is_not_confirmed_is_refused_and_recorded(
    session: RunningSession,
    typed: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    position: int,
) -> None:
    answers = "".join("n\n" if i == position else "y\n" for i in range(4))
    timeout("physicist-1", answers, typed, session, code=2)
    name = ("plan", "patient", "machine", "applicator")[position]
    assert f"Different: {name}." in capsys.readouterr().err
    assert [(e.kind, e.differs) for e in session.events] == [(EventKind.TIME_OUT_REFUSED, (name,))]


def test_a_wrong_pin_and_an_unknown_person_are_refused_and_never_shown(
    session: RunningSession, typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed.setitem(PINS, "surgeon-1", "864297")
    timeout("surgeon-1", YES, typed, session, code=2)
    timeout("nobody", YES, typed, session, code=2)
    out, err = capsys.readouterr()
    assert '"code": "WRONG_PIN"' in out
    assert '"code": "UNKNOWN_PERSON"' in out
    assert "864297" not in out + err
    assert [e.person for e in session.events] == ["surgeon-1", "nobody"]


def test_the_last_fault_is_acknowledged(
    session: RunningSession, typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["ack", "--person", "surgeon-1", "--pin-stdin"]
    run(["status"], "", typed, session.folder)
    assert "frame 3, not acknowledged" in capsys.readouterr().out
    run(arguments, f"{PINS['surgeon-1']}\n", typed, session.folder)
    assert "acknowledged" in capsys.readouterr().out
    assert session.state.acknowledged_frame == 3
    run(arguments, f"{PINS['surgeon-1']}\n", typed, session.folder, code=2)
    assert "This fault is acknowledged" in capsys.readouterr().err


@pytest.mark.parametrize(("word", "kind"), [("on", EventKind.BEAM_ON), ("off", EventKind.BEAM_OFF)])
def test_the_beam_is_noted_with_the_person(
    session: RunningSession,
    typed: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    word: str,
    kind: EventKind,
) -> None:
    arguments = ["beam", word, "--person", "surgeon-1", "--pin-stdin"]
    run(arguments, f"{PINS['surgeon-1']}\n", typed, session.folder)
    assert capsys.readouterr().out == f"Noted: surgeon-1 says the beam is {word}.\n"
    run([*arguments, "--json"], "999999\n", typed, session.folder, code=2)
    out, err = capsys.readouterr()
    assert json.loads(out)["code"] == "WRONG_PIN"
    assert "The beam was not noted." in err
    refused = EventKind(f"{kind}_REFUSED")
    assert [(e.kind, e.person) for e in session.events] == [
        (kind, "surgeon-1"),
        (refused, "surgeon-1"),
    ]


def test_the_beam_is_on_or_off_and_nothing_else(
    session: RunningSession, typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ([], ["maybe"], ["ON"]):
        arguments = ["beam", *words, "--person", "surgeon-1", "--pin-stdin"]
        run(arguments, f"{PINS['surgeon-1']}\n", typed, session.folder, code=2)
    assert session.events == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["timeout", "--person", "a"],
        ["ack", "--person", "a"],
        ["beam", "on", "--person", "a", "--pin-stdin"],
    ],
)
def test_without_a_session_every_command_says_so(
    tmp_path: Path,
    typed: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    run(command, "135790\n", typed, tmp_path, code=2)
    assert "No session is running" in capsys.readouterr().err


def test_a_pin_is_asked_for_without_echo_and_never_taken_where_it_would_show(
    session: RunningSession, typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def hidden(prompt: str) -> str:
        asked.append(prompt)
        return PINS["surgeon-1"]

    typed.setattr(getpass, "getpass", hidden)
    run(["ack", "--person", "surgeon-1"], "", typed, session.folder)
    assert asked == ["PIN of surgeon-1: "]

    def shown(_: str) -> str:
        warnings.warn("Can not control echo", getpass.GetPassWarning, stacklevel=2)
        return "135790"

    typed.setattr(getpass, "getpass", shown)
    run(["ack", "--person", "surgeon-1"], "", typed, session.folder, code=2)
    assert "where it is not shown" in capsys.readouterr().err


def test_no_command_takes_a_pin_as_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ["session", "timeout"],
        ["session", "ack"],
        ["session", "beam"],
        ["site", "pin"],
    ):
        assert main([*command, "--pin", "135790"]) == 2
        assert "No such option" in capsys.readouterr().err


class TestSitePin:
    def line(self, capsys: pytest.CaptureFixture[str]) -> str:
        out, err = capsys.readouterr()
        assert "918273" not in out + err
        return out

    def test_the_printed_line_makes_the_person_sign(
        self, typed: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        site = written(tmp_path, "site.toml", SITE)
        typed.setattr("sys.stdin", io.StringIO("918273\n"))
        arguments = ["site", "pin", "physicist-1", "--site", str(site), "--pin-stdin"]
        assert main(arguments) == 0
        line = self.line(capsys)
        text = replaced(SITE, 'role = "physicist"\n', f'role = "physicist"\n{line}')
        person = parse_site(text, "site.toml").persons[0]
        assert person.pin is not None
        assert person.pin.accepts("918273")
        assert list(tomllib.loads(line)) == ["pin"]

    def test_it_is_typed_twice_and_must_agree(
        self, typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pins = iter(["918273", "918273", "918273", "918274"])
        typed.setattr(getpass, "getpass", lambda _: next(pins))
        assert main(["site", "pin", "physicist-1"]) == 0
        assert self.line(capsys).startswith('pin = "scrypt$')
        assert main(["site", "pin", "physicist-1"]) == 2
        assert "differ" in capsys.readouterr().err

    @pytest.mark.parametrize(("pin", "part"), [("1234", "digits"), ("", "No PIN")])
    def test_what_cannot_be_a_pin_is_refused(
        self, typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pin: str, part: str
    ) -> None:
        typed.setattr("sys.stdin", io.StringIO(f"{pin}\n"))
        assert main(["site", "pin", "physicist-1", "--pin-stdin"]) == 2
        assert part in capsys.readouterr().err

    def test_a_person_whom_the_site_does_not_know_is_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        site = written(tmp_path, "site.toml", SITE)
        assert main(["site", "pin", "nobody", "--site", str(site)]) == 2
        assert "does not register nobody" in capsys.readouterr().err

    def test_site_check_shows_no_verifier_and_names_who_cannot_sign(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        site = written(tmp_path, "site.toml", SIGNING_SITE)
        assert main(["site", "check", str(site)]) == 0
        out, err = capsys.readouterr()
        assert "scrypt" not in out
        assert "nurse-1" in err
        assert main(["site", "check", str(site), "--json"]) == 0
        table = json.loads(capsys.readouterr().out)
        assert list(table["site"]["person"]) == ["nurse-1", "physicist-1", "surgeon-1"]
