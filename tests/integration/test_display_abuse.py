"""Hostile and slow clients: each loses its connection, and nobody else notices.

"Nobody" is the session, whose `emit` costs what it cost before, a console that goes on drawing, and
the server's memory.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from pipeline.benchmarks.serve_clients import knock
from pipeline.benchmarks.serve_scene import memory_mb
from pipeline.display.connection import Code
from pipeline.display.limits import (
    DRAWN_S,
    HTTP_S,
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ADDRESS,
    MAX_CONSOLES,
    MAX_MESSAGE_BYTES,
    MAX_VIEWERS_PER_ADDRESS,
    MESSAGE_BURST,
    REQUEST_BURST,
    REQUESTS_PER_S,
)
from pipeline.display.serving import LOST
from tests.display_parts import (
    Client,
    Stage,
    closing,
    get,
    open_socket,
    raw,
    small_result,
    staged,
    token_of,
)

N_SLOW = 200
FLOOD_S = 20.0
N_REFUSED = 2 * MAX_CONNECTIONS - MAX_CONNECTIONS_PER_ADDRESS  # at once, of twice as many as may be
MORE_MEMORY_MB = 40.0  # what 200 hostile clients may add: buffers of those that were let in
EMIT_MS = 1.0  # median; what it costs alone is measured by `bench serve`


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("abuse")) as running, running.playing(small_result()):
        yield running


def goes_on(console: Client) -> None:
    """The console is still shown new frames."""
    first = console.frame()[0]["sequence"]
    assert console.frame()[0]["sequence"] > first


def test_200_slow_readers(stage: Stage) -> None:
    with Client(stage) as console:
        goes_on(console)
        before_mb = memory_mb(stage.server.process_id)
        stage.emit_s.clear()
        hello = json.dumps({"kind": "hello", "role": "viewer", "token": token_of(stage, "viewer")})
        with ExitStack() as stack:
            for _ in range(N_SLOW):
                slow = knock(stage.host, hello.encode())
                if slow is not None:
                    stack.callback(slow.close)
            goes_on(console)
            until_s = time.monotonic() + DRAWN_S + 1
            while time.monotonic() < until_s:
                goes_on(console)
            assert memory_mb(stage.server.process_id) - before_mb < MORE_MEMORY_MB
        told = console.ask("stats")
        assert told["stats"]["p95_ms"] < 1000
        assert [each["role"] for each in told["clients"]] == ["console"]  # all others are gone
        assert float(np.median(stage.emit_s)) * 1e3 < EMIT_MS
    assert LOST not in stage.said
    assert stage.server.n_starts == 1


def test_a_flood_of_messages(stage: Stage) -> None:
    with Client(stage) as console, Client(stage, "viewer") as flood:
        flood.frame()
        with suppress(ConnectionClosed):
            for _ in range(20 * int(MESSAGE_BURST)):
                flood.say({"kind": "drawn", "sequence": 0})
        assert closing(flood.socket) == Code.TOO_FAST
        goes_on(console)


def test_a_flood_of_pings_that_nobody_reads(stage: Stage) -> None:
    before_mb = memory_mb(stage.server.process_id)
    with Client(stage) as console:
        slow = knock(stage.host, b"{}")
        assert slow is not None
        pings = b"".join(b"\x89\xfd" + bytes(4) + bytes(125) for _ in range(100))
        with slow, suppress(OSError):
            slow.settimeout(2)
            for _ in range(1000):
                slow.sendall(pings)
        goes_on(console)
    assert memory_mb(stage.server.process_id) - before_mb < MORE_MEMORY_MB


@pytest.mark.parametrize("n_bytes", [MAX_MESSAGE_BYTES + 1, 8 * 1024 * 1024])
def test_a_huge_message(stage: Stage, n_bytes: int) -> None:
    with Client(stage) as console, Client(stage, "viewer") as huge:
        huge.frame()
        with suppress(ConnectionClosed):
            huge.socket.send("x" * n_bytes)
        assert closing(huge.socket) in (0, 1009)
        goes_on(console)


def test_a_message_in_endless_pieces(stage: Stage) -> None:
    with Client(stage) as console, Client(stage, "viewer") as pieces:
        pieces.frame()
        with suppress(ConnectionClosed):
            pieces.socket.send("" for _ in range(100_000))
        assert closing(pieces.socket) == 0
        goes_on(console)


def test_a_message_that_is_no_text(stage: Stage) -> None:
    with Client(stage, "viewer") as client:
        client.frame()
        client.socket.protocol.send_text(b"\xff\xfe")  # not UTF-8
        client.socket.socket.sendall(b"".join(client.socket.protocol.data_to_send()))
        assert closing(client.socket) in (0, 1007)


def test_too_many_of_a_role_are_turned_away(stage: Stage) -> None:
    for role, most in (("console", MAX_CONSOLES), ("viewer", MAX_VIEWERS_PER_ADDRESS)):
        with ExitStack() as stack:
            for _ in range(most):
                assert stack.enter_context(Client(stage, role)).told("hello")
            one_more = stack.enter_context(Client(stage, role))
            assert closing(one_more.socket) == Code.FULL
        time.sleep(0.3)  # the server notices that they are gone
        with Client(stage, role) as client:
            assert client.told("hello")["role"] == role


@pytest.mark.slow
def test_half_open_and_trickling_requests_end_and_cost_no_one(stage: Stage) -> None:
    with Client(stage) as console, ExitStack() as stack:
        began_s = time.monotonic()
        half = []
        for _ in range(2 * MAX_CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", stage.port), 10)
            half.append(stack.enter_context(connection))
            with suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
        trickling = half[0]
        over = threading.Event()

        def trickle() -> None:
            with suppress(OSError):
                while not over.wait(0.2):
                    trickling.sendall(b"x")

        threading.Thread(target=trickle, daemon=True).start()
        while sum(_is_closed(each) for each in half) < N_REFUSED:
            assert time.monotonic() - began_s < HTTP_S / 2
        while not all(_is_closed(each) for each in half):
            goes_on(console)
            assert time.monotonic() - began_s < HTTP_S + 3
        over.set()
    assert raw(stage, get(stage.host)).startswith(b"HTTP/1.1 200")


def test_endless_headers_and_bodies_end(stage: Stage) -> None:
    endless = b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000
    assert raw(stage, endless) == b""
    body = get(stage.host, more="Content-Length: 100000000\r\n") + b"x" * 300_000
    assert b" 200 " in raw(stage, body)[:40] or raw(stage, body) == b""


def test_a_flood_of_requests_is_cut_off(stage: Stage) -> None:
    request = f"GET / HTTP/1.1\r\nHost: {stage.host}\r\n\r\n".encode()
    n_answered, n_cut, began_s = 0, 0, time.monotonic()
    while n_cut < 5 and time.monotonic() - began_s < FLOOD_S:
        with socket.create_connection(("127.0.0.1", stage.port), 10) as connection:
            n_answered += _answered(connection, request)
        n_cut += 1  # nothing else ends it
    assert n_cut == 5
    n_most = REQUEST_BURST + REQUESTS_PER_S * (time.monotonic() - began_s)
    assert n_answered <= n_most + n_cut  # whoever is cut off has had one answer more
    time.sleep(0.5)
    assert raw(stage, get(stage.host)).startswith(b"HTTP/1.1 200")
    with Client(stage) as console:
        goes_on(console)


def _answered(connection: socket.socket, request: bytes) -> int:
    """Requests on one connection that were answered before it was hung up on."""
    n_answers = 0
    with suppress(OSError):
        while True:
            connection.sendall(request)
            answer = connection.recv(65536)
            if not answer:
                break
            n_answers += answer.startswith(b"HTTP/1.1 200")
    return n_answers


def test_hostile_clients_fill_nobodys_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with staged(tmp_path) as own, own.playing(small_result()):
        for path in ("/ws", "/other"):
            with suppress(InvalidHandshake), open_socket(own, origin="http://evil", path=path):
                pass
        with suppress(InvalidHandshake), open_socket(own, path="/other"):
            pass
        with Client(own, "viewer") as client:
            client.frame()
            client.socket.protocol.send_text(b"\xff\xfe")
            client.socket.socket.sendall(b"".join(client.socket.protocol.data_to_send()))
            closing(client.socket)
        raw(own, b"nonsense\r\n\r\n")
        raw(own, get(own.host, "/nothing"))
    assert capfd.readouterr().err == ""


def test_the_server_has_survived_it_all(stage: Stage) -> None:
    """Last of this file."""
    assert stage.server.n_starts == 1
    with open_socket(stage), Client(stage) as client:
        goes_on(client)


def _is_closed(connection: socket.socket) -> bool:
    """Whether the other end has hung up."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_a_refused_handshake_is_no_crash(stage: Stage) -> None:
    with pytest.raises((InvalidHandshake, ConnectionError)), open_socket(stage, origin="http://x"):
        pass
