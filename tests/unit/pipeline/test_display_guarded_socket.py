"""A listener that leaves descriptors for another one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.display.guarded_socket import GuardedSocket


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def n_open() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_it_refuses_above_its_number_and_takes_again_below(stack: ExitStack) -> None:
    plain = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    clients = [socket.create_connection(plain.getsockname()) for _ in range(2)]
    for client in clients:
        stack.enter_context(client)
    descriptor = os.dup(plain.fileno())
    guarded = stack.enter_context(GuardedSocket(descriptor, n_open() + 1))
    first = stack.enter_context(guarded.accept()[0])
    with pytest.raises(ConnectionAbortedError):
        guarded.accept()
    assert clients[1].recv(1) == b""  # told at once
    for each in (first, *clients):
        each.close()
    again = stack.enter_context(socket.create_connection(plain.getsockname()))
    taken = stack.enter_context(guarded.accept()[0])
    assert taken.getpeername() == again.getsockname()
