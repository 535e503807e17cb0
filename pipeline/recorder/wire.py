"""Messages to the recorder's process: lengths, a pickle, and the images beside it."""

from __future__ import annotations

import socket
import struct

from pipeline.recorder.handed import Handed, unpacked

COUNT = struct.Struct("<I")
LENGTH = struct.Struct("<Q")
END = COUNT.pack(0)


def message_of(handed: Handed) -> list[memoryview]:
    """The buffers to send, in order."""
    table, buffers = handed.packed()
    parts = [memoryview(table), *buffers]
    head = COUNT.pack(len(parts)) + b"".join(LENGTH.pack(part.nbytes) for part in parts)
    return [memoryview(head), *parts]


def receive(stream: socket.socket) -> Handed | None:
    """The next frame; None at the session's end.

    Raises
    ------
    EOFError
        The session died.
    """
    (n_parts,) = COUNT.unpack(_exactly(stream, COUNT.size))
    if n_parts == 0:
        return None
    lengths = LENGTH.iter_unpack(_exactly(stream, LENGTH.size * n_parts))
    table, *buffers = [_exactly(stream, length) for (length,) in lengths]
    return unpacked(bytes(table), buffers)


def _exactly(stream: socket.socket, n_bytes: int) -> bytearray:
    data = bytearray(n_bytes)
    view, done = memoryview(data), 0
    while done < n_bytes:
        n_read = stream.recv_into(view[done:])
        if n_read == 0:
            raise EOFError("the session's socket has ended")
        done += n_read
    return data
