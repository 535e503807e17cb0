"""The display server's own process, asked by WebSocket clients and by hand-made requests."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import simplejpeg
from websockets.exceptions import InvalidStatus

from pipeline.display.connection import Code
from pipeline.display.limits import DRAWN_S, HELLO_S, MAX_IN_FLIGHT
from pipeline.display.wire import PROTOCOL
from pipeline.session.control import Cone, SessionControl
from pipeline.session.control_socket import SOCKET_NAME
from pipeline.session.inbox import Inbox
from pipeline.session.persons import Gatekeeper
from tests.display_parts import (
    AGE_MS,
    Client,
    Stage,
    closing,
    get,
    open_socket,
    raw,
    small_result,
    staged,
)
from tests.session_parts import RUNNING

BEAM = {"person": "a", "pin": "1", "is_on": True}
SECURITY_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The session's folder, where no session is."""
    return tmp_path_factory.mktemp("session")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, control: Path) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    with staged(folder, control=control) as running, running.playing(small_result()):
        yield running


def answer_of(data: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer."""
    head = data.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    pairs = (line.partition(": ")[::2] for line in head[1:])
    return int(head[0].split()[1]), {name.lower(): value for name, value in pairs}


class TestFrames:
    def test_a_console_is_greeted_and_sees_frames(self, stage: Stage) -> None:
        with Client(stage) as client:
            assert client.told("hello") == {
                "kind": "hello",
                "role": "console",
                "protocol": PROTOCOL,
                "origin": "simulated",
                "recording": True,
                "language": "en",
            }
            header, picture, age_ms = client.frame()
            assert header["verdict"] == "READY"
            assert header["drawing"]["cone"]
            assert "drawn_from" not in header
            shape = (header["picture"]["height"], header["picture"]["width"], 3)
            assert simplejpeg.decode_jpeg(picture, "RGB").shape == shape
            assert AGE_MS < age_ms < 5000

    def test_the_next_frame_comes_only_once_the_last_is_drawn(self, stage: Stage) -> None:
        with Client(stage) as client:
            header, _, _ = client.frame(is_drawn=False)
            assert client.waiting(0.3) == ["picture"]
            client.say({"kind": "drawn", "sequence": header["sequence"] + 1000})
            assert client.waiting(0.2) == []
            client.say({"kind": "drawn", "sequence": header["sequence"]})
            later, _, _ = client.frame()
            assert later["sequence"] > header["sequence"] + 5  # what lay between was skipped

    def test_a_picture_comes_ahead_of_its_frame(self, stage: Stage) -> None:
        """At most one: a client that does not draw is sent no second one."""
        with Client(stage) as client:
            header, _, _ = client.frame(is_drawn=False)
            assert client.waiting(0.5) == ["picture"]
            client.say({"kind": "drawn", "sequence": header["sequence"]})
            pictures = [client.frame()[1] for _ in range(30)]
            assert client.n_ahead > 15
            assert all(simplejpeg.decode_jpeg(picture, "RGB").size for picture in pictures)

    def test_evidence_is_sent_to_those_who_ask(self, stage: Stage) -> None:
        with Client(stage) as asking, Client(stage, "viewer") as other:
            assert asking.ask("evidence", wanted=True)["accepted"]
            asking.frame()
            assert asking.frame()[0]["mask"].startswith("data:image/png;base64,")
            assert other.frame()[0]["mask"] is None

    def test_figures_of_drawn_frames(self, stage: Stage) -> None:
        with Client(stage) as console, Client(stage, "viewer") as viewer:
            for client in (console, viewer):
                for _ in range(5):
                    client.frame()
            told = console.ask("stats")
            assert told["stats"]["n"] >= 4
            assert AGE_MS < told["stats"]["p50_ms"] <= told["stats"]["p95_ms"]
            assert {"console", "viewer"} <= {each["role"] for each in told["clients"]}
            assert "clients" not in viewer.ask("stats")


class TestAccess:
    @pytest.mark.parametrize(
        ("role", "token"),
        [
            ("console", "wrong"),
            ("console", ""),
            ("viewer", "wrong"),
            ("viewer", "ü"),
            ("surgeon", "wrong"),
        ],
    )
    def test_a_wrong_token_is_not_admitted(self, stage: Stage, role: str, token: str) -> None:
        with Client(stage, role, token) as client:
            assert closing(client.socket) == Code.NOT_ADMITTED

    def test_the_viewers_token_makes_no_console(self, stage: Stage) -> None:
        with Client(stage, "console", "ab" * 32) as client:
            assert closing(client.socket) == Code.NOT_ADMITTED

    def test_who_says_nothing_or_draws_nothing_is_cut_off(self, stage: Stage) -> None:
        with open_socket(stage) as silent, Client(stage) as slow:
            slow.frame(is_drawn=False)
            began_s = time.monotonic()
            assert (closing(silent), closing(slow.socket)) == (0, 0)
            assert 0.5 * HELLO_S < time.monotonic() - began_s < max(HELLO_S, DRAWN_S) + 2

    @pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "https://{host}"])
    def test_another_origin_gets_no_socket(self, stage: Stage, origin: str | None) -> None:
        given = None if origin is None else origin.format(host=stage.host)
        with pytest.raises(InvalidStatus) as refused, open_socket(stage, origin=given):
            pass
        assert refused.value.response.status_code == 403

    def test_there_is_one_socket(self, stage: Stage) -> None:
        with pytest.raises(InvalidStatus) as refused, open_socket(stage, path="/other"):
            pass
        assert refused.value.response.status_code == 404

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost"])
    def test_another_host_gets_nothing(self, stage: Stage, host: str) -> None:
        status, headers = answer_of(raw(stage, get(host)))
        assert status == 403
        assert SECURITY_HEADERS.items() <= headers.items()

    def test_another_origin_gets_no_page(self, stage: Stage) -> None:
        request = get(stage.host, more="Origin: http://evil.example\r\n")
        assert answer_of(raw(stage, request))[0] == 403

    @pytest.mark.parametrize(
        ("path", "status"),
        [("/", 200), ("/app.js", 200), ("/nothing.js", 404), ("/../viewer.token", 404)],
    )
    def test_the_page_and_nothing_else(self, stage: Stage, path: str, status: int) -> None:
        data = raw(stage, get(stage.host, path))
        found, headers = answer_of(data)
        assert found == status
        assert SECURITY_HEADERS.items() <= headers.items()
        policy = headers["content-security-policy"]
        assert "default-src 'self'; img-src 'self' blob: data:" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert b"ab" * 32 not in data
        assert "server" not in headers
        if path == "/app.js":
            assert headers["content-type"].startswith("text/javascript")

    def test_localhost_is_this_machine_too(self, stage: Stage) -> None:
        assert answer_of(raw(stage, get(f"localhost:{stage.port}")))[0] == 200

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
    def test_nothing_is_written(self, stage: Stage, method: str) -> None:
        assert answer_of(raw(stage, get(stage.host, method=method)))[0] == 405

    @pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc"])
    def test_nothing_is_told_of_the_inside(self, stage: Stage, path: str) -> None:
        assert answer_of(raw(stage, get(stage.host, path)))[0] == 404

    def test_what_is_no_http_gets_no_answer(self, stage: Stage) -> None:
        assert raw(stage, b"\x16\x03\x01\x00\xa5 nonsense\r\n\r\n") == b""


class TestCommands:
    def test_a_viewers_command_closes_its_connection(self, stage: Stage) -> None:
        with Client(stage, "viewer") as client:
            client.frame()
            client.say({"kind": "beam", "id": 1, **BEAM})
            assert closing(client.socket) == Code.NO_COMMAND_PATH

    def test_without_a_session_commands_are_refused(self, stage: Stage) -> None:
        with Client(stage) as client:
            answer = client.ask("beam", **BEAM)
            assert (answer["accepted"], answer["why"]) == (False, "NO_SESSION")

    def test_a_malformed_command_is_refused_without_repeating_it(self, stage: Stage) -> None:
        with Client(stage) as client:
            answer = client.ask("beam", person="a", pin="SECRET", is_on="yes")
            assert (answer["accepted"], answer["why"]) == (False, "NOT_A_COMMAND")
            assert "SECRET" not in json.dumps(answer)

    @pytest.mark.parametrize(
        "text",
        [
            "{",
            "[]",
            "1",
            "[" * 10_000,
            '{"kind": "nothing"}',
            '{"kind": "beam"}',
            '{"kind": "beam", "id": true}',
            '{"kind": "drawn", "sequence": "x"}',
            '{"kind": "status", "id": 1}',
            '{"kind": "hello"}',
            b"binary",
        ],
    )
    def test_what_is_no_message_closes_the_connection(
        self, stage: Stage, text: str | bytes
    ) -> None:
        with Client(stage) as client:
            client.frame()
            client.socket.send(text)
            assert closing(client.socket) == Code.MALFORMED

    def test_commands_reach_the_session_and_its_answers_the_page(
        self, stage: Stage, control: Path
    ) -> None:
        """A real inbox, as in a live session; nobody is registered, and the session says so."""
        with Inbox(control, Gatekeeper(())) as inbox, Client(stage) as client:
            client.say({"kind": "beam", "id": 7, **BEAM})
            with deciding(SessionControl(inbox)):
                answer = client.told("answer")
        assert answer == {
            "kind": "answer",
            "id": 7,
            "accepted": False,
            "why": "UNKNOWN_PERSON",
            "detail": "This person is not registered in the site file.",
        }

    def test_commands_that_pile_up_are_refused(self, stage: Stage, control: Path) -> None:
        """A session that takes commands and never answers: its socket listens, and that is all."""
        with socket.socket(socket.AF_UNIX) as deaf, Client(stage) as client:
            deaf.bind(str(control / SOCKET_NAME))
            deaf.listen(16)
            for number in range(MAX_IN_FLIGHT + 1):
                client.say({"kind": "beam", "id": number, **BEAM})
            answer = client.told("answer")
            assert (answer["id"], answer["why"]) == (MAX_IN_FLIGHT, "TOO_MANY")
            assert client.frame()[0]["sequence"] < client.frame()[0]["sequence"]
        (control / SOCKET_NAME).unlink()


@contextmanager
def deciding(control: SessionControl) -> Iterator[None]:
    """A session's loop that does nothing but decide commands."""
    is_over = threading.Event()

    def decide() -> None:
        while not is_over.wait(0.02):
            control.step(RUNNING, None, frame_index=0, cone=Cone.UNSEEN)

    loop = threading.Thread(target=decide, daemon=True)
    loop.start()
    try:
        yield
    finally:
        is_over.set()
        loop.join()
