from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.config.site_file import parse_site
from pipeline.session import inbox as inbox_module
from pipeline.session.answers import accepted
from pipeline.session.client import ask
from pipeline.session.commands import (
    MAX_LINE_BYTES,
    AcknowledgeCommand,
    BeamCommand,
    Command,
    StatusCommand,
    StatusMessage,
    TimeOutCommand,
    line_of,
    message_of,
)
from pipeline.session.inbox import MAX_CONNECTIONS, MAX_QUEUED, TICK_SECONDS, Inbox
from pipeline.session.persons import Gatekeeper, PinCheck
from tests.config_texts import PINS, SIGNING_SITE
from tests.session_parts import read_back
from tracking.errors import UsageError

ITEMS = vars(read_back())
CONFIRM = {"kind": "time_out", "person": "surgeon-1", "pin": PINS["surgeon-1"], "read_back": ITEMS}
ACKNOWLEDGE = {
    "kind": "acknowledge",
    "person": "surgeon-1",
    "pin": PINS["surgeon-1"],
    "frame_index": 7,
}
BEAM = {"kind": "beam", "person": "surgeon-1", "pin": PINS["surgeon-1"], "is_on": True}
PATIENCE_SECONDS = 20.0  # far beyond any stall of a loaded machine; a pass never waits for it


def gatekeeper() -> Gatekeeper:
    return Gatekeeper(parse_site(SIGNING_SITE, "site.toml").persons)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path, gatekeeper()) as opened:
        yield opened


def connect(folder: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(PATIENCE_SECONDS)
    client.connect(str(folder / "control.sock"))
    return client


def sent(folder: Path, line: bytes) -> dict[str, object]:
    """What the inbox answers to a line by itself."""
    with connect(folder) as client:
        client.sendall(line)
        return answer_to(client)


def answer_to(client: socket.socket) -> dict[str, object]:
    received = b""
    while not received.endswith(b"\n"):
        part = client.recv(65536)
        if not part:
            return {}
        received += part
    answer: dict[str, object] = json.loads(received)
    return answer


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


def wait_for_command(inbox: Inbox) -> Command:
    taken: list[Command] = []

    def has_come() -> bool:
        taken.extend(inbox.drain())
        return bool(taken)

    until(has_come)
    assert len(taken) == 1
    return taken[0]


def line(table: object) -> bytes:
    return json.dumps(table).encode() + b"\n"


def test_a_command_arrives_with_the_outcome_of_its_pin_but_without_it(
    inbox: Inbox, tmp_path: Path
) -> None:
    with connect(tmp_path) as client:
        client.sendall(line(CONFIRM))
        command = wait_for_command(inbox)
        assert isinstance(command, TimeOutCommand)
        assert (command.person, command.pin) == ("surgeon-1", PinCheck.RIGHT)
        assert command.read_back == read_back()
        assert PINS["surgeon-1"] not in repr(command)
        inbox.reply(command.ticket, accepted("so be it"))
        assert answer_to(client) == {
            "accepted": True,
            "why": "so be it",
            "code": "",
            "status": None,
        }
        assert client.recv(1) == b""


def test_a_wrong_pin_arrives_as_one(inbox: Inbox, tmp_path: Path) -> None:
    with connect(tmp_path) as client:
        client.sendall(line({**ACKNOWLEDGE, "pin": "999999"}))
        command = wait_for_command(inbox)
    assert isinstance(command, AcknowledgeCommand)
    assert (command.pin, command.frame_index) == (PinCheck.WRONG, 7)


@pytest.mark.parametrize("is_on", [True, False])
def test_the_beam_arrives_as_it_was_told(inbox: Inbox, tmp_path: Path, *, is_on: bool) -> None:
    with connect(tmp_path) as client:
        client.sendall(line_of(message_of({**BEAM, "is_on": is_on})))
        command = wait_for_command(inbox)
    assert command == BeamCommand(command.ticket, "surgeon-1", PinCheck.RIGHT, is_on)


def test_the_client_gets_the_loops_answer(inbox: Inbox, tmp_path: Path) -> None:
    def loop() -> None:
        command = wait_for_command(inbox)
        assert isinstance(command, StatusCommand)
        inbox.reply(command.ticket, accepted("running"))

    thread = threading.Thread(target=loop)
    thread.start()
    answer = ask(tmp_path, StatusMessage(), timeout_seconds=PATIENCE_SECONDS)
    thread.join()
    assert (answer.accepted, answer.why) == (True, "running")


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        (b"\n", "json"),
        (b"confirm\n", "json"),
        (b"\xff\xfe\x00\n", "json"),
        (line([]), "not a command"),
        (line({}), "not a command"),
        (line({**CONFIRM, "kind": "ready"}), "union tag invalid"),
        (line({**CONFIRM, "kind": ["time_out"]}), "union tag invalid"),
        (line({**CONFIRM, "force": True}), "extra forbidden at time_out.force"),
        (line({**CONFIRM, "pin": 246813}), "string type at time_out.pin"),
        (line({**CONFIRM, "pin": ""}), "too short at time_out.pin"),
        (line({**CONFIRM, "pin": "2" * 65}), "too long at time_out.pin"),
        (line({**CONFIRM, "person": "x" * 513}), "too long at time_out.person"),
        (line({**CONFIRM, "read_back": {"plan": "x"}}), "missing at time_out.read_back.patient"),
        (line({**ACKNOWLEDGE, "frame_index": 7.0}), "int type at acknowledge.frame_index"),
        (line({**ACKNOWLEDGE, "frame_index": "7"}), "int type at acknowledge.frame_index"),
        (line({**ACKNOWLEDGE, "frame_index": True}), "int type at acknowledge.frame_index"),
        (line({**ACKNOWLEDGE, "frame_index": -1}), "acknowledge.frame_index"),
        (line({**ACKNOWLEDGE, "frame_index": 2**63}), "acknowledge.frame_index"),
        (line({**BEAM, "is_on": 1}), "bool type at beam.is_on"),
        (line({**BEAM, "is_on": "on"}), "bool type at beam.is_on"),
        (line({k: v for k, v in BEAM.items() if k != "is_on"}), "missing at beam.is_on"),
        (line({k: v for k, v in BEAM.items() if k != "pin"}), "missing at beam.pin"),
        (line({"kind": "status"}) + line({"kind": "status"}), "one command"),
        (b"x" * MAX_LINE_BYTES + b"\n", "at most"),
        (b"x" * 4 * MAX_LINE_BYTES, "at most"),
        (b"[" * 5000 + b"\n", "json"),
    ],
)
def test_what_is_no_command_never_reaches_the_loop(
    inbox: Inbox, tmp_path: Path, raw: bytes, part: str
) -> None:
    answer = sent(tmp_path, raw)
    assert answer["accepted"] is False
    assert part in str(answer["why"])
    assert PINS["surgeon-1"] not in str(answer)
    assert inbox.drain() == []


def test_only_the_owner_may_use_the_socket(inbox: Inbox, tmp_path: Path) -> None:
    found = (tmp_path / "control.sock").stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert inbox.drain() == []


def test_clients_that_say_nothing_hold_nobody_up(inbox: Inbox, tmp_path: Path) -> None:
    with contextlib.ExitStack() as silent:
        for _ in range(MAX_CONNECTIONS - 2):
            client = silent.enter_context(connect(tmp_path))
            client.sendall(b'{"kind": ')
        assert inbox.drain() == []
        with connect(tmp_path) as client:
            client.sendall(line({"kind": "status"}))
            inbox.reply(wait_for_command(inbox).ticket, accepted("running"))
            assert answer_to(client)["accepted"] is True


def test_a_client_that_says_nothing_is_hung_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(inbox_module, "READ_SECONDS", 0.05)
    with Inbox(tmp_path, gatekeeper()), connect(tmp_path) as client:
        client.sendall(b'{"kind": ')
        assert client.recv(1) == b""


def test_more_clients_than_there_is_room_for_are_hung_up(inbox: Inbox, tmp_path: Path) -> None:
    with contextlib.ExitStack() as silent:
        clients = [silent.enter_context(connect(tmp_path)) for _ in range(MAX_CONNECTIONS + 1)]
        assert clients[-1].recv(1) == b""
    assert inbox.drain() == []


def test_a_client_that_leaves_hurts_nobody(inbox: Inbox, tmp_path: Path) -> None:
    for raw in (b"", b'{"kind"', line({"kind": "status"})):
        with connect(tmp_path) as client:
            client.sendall(raw)
    command = wait_for_command(inbox)
    inbox.reply(command.ticket, accepted("too late"))
    inbox.reply(command.ticket, accepted("twice"))
    inbox.reply(12345, accepted("to nobody"))
    with connect(tmp_path) as client:
        client.sendall(line({"kind": "status"}))
        inbox.reply(wait_for_command(inbox).ticket, accepted("running"))
        assert answer_to(client)["why"] == "running"


def test_a_loop_that_decides_no_frames_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(inbox_module, "ANSWER_SECONDS", 0.05)
    with Inbox(tmp_path, gatekeeper()) as inbox:
        answer = sent(tmp_path, line({"kind": "status"}))
        assert inbox.drain() == [], "what was refused is never done"
    assert answer["accepted"] is False
    assert "no frame was decided" in str(answer["why"])


def test_what_the_loop_has_taken_is_answered_by_the_loop_however_late(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(inbox_module, "ANSWER_SECONDS", 0.3)
    with Inbox(tmp_path, gatekeeper()) as inbox, connect(tmp_path) as client:
        client.sendall(line({"kind": "status"}))
        command = wait_for_command(inbox)
        time.sleep(0.3 + 3 * TICK_SECONDS)
        inbox.reply(command.ticket, accepted("done"))
        assert answer_to(client)["why"] == "done"


def test_no_more_commands_wait_than_one_step_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(inbox_module, "MAX_QUEUED", 2)
    monkeypatch.setattr(inbox_module, "ACCEPT_PAUSE_SECONDS", 0.0)
    with Inbox(tmp_path, gatekeeper()) as inbox, contextlib.ExitStack() as clients:
        for _ in range(2):
            clients.enter_context(connect(tmp_path)).sendall(line({"kind": "status"}))
        until(lambda: len(inbox._queued) == 2)
        assert "too many" in str(sent(tmp_path, line({"kind": "status"}))["why"])
        assert len(inbox.drain()) == 2
    assert MAX_QUEUED <= 16


def test_closing_ends_thread_clients_and_socket(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, gatekeeper())
    with connect(tmp_path) as client:
        client.sendall(line({"kind": "status"}))
        wait_for_command(inbox)
        inbox.close()
        inbox.close()
        assert client.recv(1) == b""
    inbox.reply(1, accepted("after the end"))
    assert not (tmp_path / "control.sock").exists()
    assert "session inbox" not in {thread.name for thread in threading.enumerate()}


def test_the_socket_of_a_dead_session_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / "control.sock"))
    with Inbox(tmp_path, gatekeeper()) as inbox, connect(tmp_path) as client:
        client.sendall(line({"kind": "status"}))
        wait_for_command(inbox)


def test_a_second_session_in_one_folder_is_refused(inbox: Inbox, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Another session"):
        Inbox(tmp_path, gatekeeper())
    with connect(tmp_path) as client:
        client.sendall(line({"kind": "status"}))
        wait_for_command(inbox)


def test_what_bears_the_name_of_the_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="no socket"):
        Inbox(tmp_path, gatekeeper())
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("folder", ["missing", "x" * 120])
def test_a_folder_that_cannot_hold_a_socket_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(UsageError, match="folder"):
        Inbox(tmp_path / folder, gatekeeper())


class TestClient:
    def test_without_a_session_it_says_so(self, tmp_path: Path) -> None:
        for folder in (tmp_path, tmp_path / "missing"):
            with pytest.raises(UsageError, match="No session is running"):
                ask(folder, StatusMessage())

    def test_a_dead_session_is_none(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
            dead.bind(str(tmp_path / "control.sock"))
        with pytest.raises(UsageError, match="No session is running"):
            ask(tmp_path, StatusMessage())

    def test_a_pin_goes_to_nobody_elses_socket(
        self, inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
        with pytest.raises(UsageError, match="not the socket of a session of yours"):
            ask(tmp_path, message_of(CONFIRM))
        assert inbox.drain() == []

    def test_a_server_that_says_nothing_or_nonsense_is_told(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.bind(str(tmp_path / "control.sock"))
            server.listen()
            with pytest.raises(UsageError, match="did not answer"):
                ask(tmp_path, StatusMessage(), timeout_seconds=0.05)

            def talk() -> None:
                server.accept()[0].close()  # the one that gave up
                client, _ = server.accept()
                with client:
                    client.sendall(b'{"accepted": 1}\n')

            thread = threading.Thread(target=talk)
            thread.start()
            with pytest.raises(UsageError, match="did not answer"):
                ask(tmp_path, StatusMessage(), timeout_seconds=PATIENCE_SECONDS)
            thread.join()

    def test_a_command_that_cannot_be_one_is_refused_without_its_pin(self) -> None:
        with pytest.raises(ValueError, match="pin") as caught:
            message_of({**CONFIRM, "pin": "9" * 70})
        assert "999" not in str(caught.value)
