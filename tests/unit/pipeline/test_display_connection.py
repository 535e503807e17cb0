"""A connection that the library closes while a frame is on its way is gone, and no defect."""

from __future__ import annotations

import pytest
from fastapi import WebSocketDisconnect

from pipeline.display.connection import _closed_is_gone


def test_a_send_after_the_close_is_a_peer_that_is_gone() -> None:
    with pytest.raises(WebSocketDisconnect), _closed_is_gone():
        raise RuntimeError("Unexpected ASGI message 'websocket.send', after 'websocket.close'.")


def test_any_other_defect_is_told() -> None:
    with pytest.raises(KeyError), _closed_is_gone():
        raise KeyError("drawing")
