"""Clients for `bench serve`, in a process of their own: the tracker's interpreter is its own.

    python -m pipeline.benchmarks.serve_clients watch|abuse

takes `{"host", "role", "token"}` as the first line of its standard input, says `ready` on its
output, goes on until the input ends, and prints what it found as JSON.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from pipeline.display.wire import FRAME, unpack_for_page

N_SLOW, N_HALF_OPEN = 200, 100
HUGE_BYTES = 1 << 20
PAUSE_S = 0.05
POLITE = 19  # attackers are on other machines: they may take no more than what is left of this one
PATIENCE_S = 20.0
TURNED_AWAY = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError)


@contextmanager
def open_page(host: str, role: str, token: str) -> Iterator[ClientConnection]:
    """A connection that has said who it is."""
    with connect(
        f"ws://{host}/ws",
        origin=Origin(f"http://{host}"),
        compression=None,
        max_size=None,
        proxy=None,
        open_timeout=PATIENCE_S,
        close_timeout=1.0,
    ) as page:
        page.send(json.dumps({"kind": "hello", "role": role, "token": token}))
        yield page


def knock(host: str, hello: bytes) -> socket.socket | None:
    """A client that says `hello` and then never reads; None where it was refused at once."""
    address, _, port = host.rpartition(":")
    with suppress(OSError):
        client = socket.create_connection((address, int(port)), PATIENCE_S)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = (
            f"GET /ws HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        try:
            client.sendall(request.encode())
            if b" 101 " in client.recv(1024):
                said = hello.ljust(200)  # above 125 bytes a frame's length has two bytes
                client.sendall(b"\x81\xfe" + len(said).to_bytes(2, "big") + bytes(4) + said)
                return client
        except OSError:
            pass
        client.close()
    return None


def watch(place: dict[str, str], over: threading.Event) -> dict[str, Any]:
    """Draw every frame at once; what the server counted, once it is over."""
    with open_page(**place) as page:
        while not over.is_set():
            with suppress(TimeoutError):
                message = page.recv(PAUSE_S)
                if isinstance(message, bytes):
                    _draw(page, message)
        page.send(json.dumps({"kind": "stats", "id": 1}))
        while True:
            message = page.recv(PATIENCE_S)
            if isinstance(message, bytes):
                _draw(page, message)
            elif (told := json.loads(message))["kind"] == "answer":
                return {"stats": told["stats"], "clients": told.get("clients", [])}


def abuse(place: dict[str, str], over: threading.Event) -> dict[str, Any]:
    """Slow readers, floods, huge messages, half requests, again and again; how many there were."""
    os.nice(POLITE)
    counts = {"slow": 0, "floods": 0, "huge": 0, "half_open": 0}
    attackers = [
        threading.Thread(target=attack, args=(place, over, counts), daemon=True)
        for attack in (_slow, _flood, _huge, _half_open)
    ]
    for attacker in attackers:
        attacker.start()
    over.wait()
    for attacker in attackers:
        attacker.join(PATIENCE_S)
    return dict(counts)


def _slow(place: dict[str, str], over: threading.Event, counts: dict[str, int]) -> None:
    hello = json.dumps({"kind": "hello", "role": place["role"], "token": place["token"]}).encode()
    with ExitStack() as stack:
        while not over.wait(PAUSE_S):
            if counts["slow"] % N_SLOW == 0:
                stack.close()
            client = knock(place["host"], hello)
            counts["slow"] += 1
            if client is not None:
                stack.callback(client.close)


def _flood(place: dict[str, str], over: threading.Event, counts: dict[str, int]) -> None:
    while not over.wait(PAUSE_S):
        with suppress(*TURNED_AWAY), open_page(**place) as page:
            counts["floods"] += 1
            while not over.is_set():
                page.send('{"kind": "drawn", "sequence": 0}')


def _huge(place: dict[str, str], over: threading.Event, counts: dict[str, int]) -> None:
    while not over.wait(PAUSE_S):
        with suppress(*TURNED_AWAY), open_page(**place) as page:
            counts["huge"] += 1
            page.send("x" * HUGE_BYTES)
            page.recv(1)


def _half_open(place: dict[str, str], over: threading.Event, counts: dict[str, int]) -> None:
    address, _, port = place["host"].rpartition(":")
    with ExitStack() as stack:
        while not over.wait(PAUSE_S):
            if counts["half_open"] % N_HALF_OPEN == 0:
                stack.close()
            with suppress(OSError):
                client = socket.create_connection((address, int(port)), PATIENCE_S)
                stack.callback(client.close)
                counts["half_open"] += 1
                client.sendall(b"GET / HTTP/1.1\r\nHost: ")


def _draw(page: ClientConnection, message: bytes) -> None:
    header = unpack_for_page(message)[0]
    if header["kind"] == FRAME:
        page.send(json.dumps({"kind": "drawn", "sequence": header["sequence"]}))


def main(what: str) -> None:
    """Be one client, or many hostile ones, until the input ends."""
    place = json.loads(sys.stdin.readline())
    over = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=listen, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    found = {"watch": watch, "abuse": abuse}[what](place, over)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
