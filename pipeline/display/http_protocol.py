"""What uvicorn lets a client do before the application hears of it: numbers, times, sizes.

Half a request, one that trickles, a connection that says nothing: all end after the same time.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from pipeline.display.limits import (
    HTTP_S,
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ADDRESS,
    MAX_FRAGMENTS,
    MAX_UNSENT_BYTES,
    REQUEST_BURST,
    REQUESTS_PER_S,
    TokenBucket,
)


class BoundedHttp(H11Protocol):
    """One TCP connection. What is no HTTP gets no answer."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse one too many; else its time begins."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        peers = [getattr(each, "client", None) for each in self.connections]
        n_here = sum(peer is not None and peer[0] == address for peer in peers)
        if len(peers) > MAX_CONNECTIONS or n_here > MAX_CONNECTIONS_PER_ADDRESS:
            transport.abort()
            return
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Its time has ended."""
        self._end()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """One request is answered: the next one's time begins, unless there are too many."""
        super().on_response_complete()
        if self._rate().takes(self.loop.time()):
            self._begin()
        else:
            self.transport.abort()

    def handle_websocket_upgrade(self, event: Any) -> None:  # noqa: ANN401 - h11 has no types here
        """From here on the WebSocket's own times hold."""
        self._end()
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Drop what is no HTTP."""
        self.transport.abort()

    def _rate(self) -> TokenBucket:
        """Of the whole listener: whoever comes anew comes to the same."""
        rate: TokenBucket | None = getattr(self.server_state, "rate", None)
        if rate is None:
            rate = TokenBucket(REQUESTS_PER_S, REQUEST_BURST, self.loop.time())
            self.server_state.rate = rate  # type: ignore[attr-defined]
        return rate

    def _begin(self) -> None:
        self._end()
        self._deadline = self.loop.call_later(HTTP_S, self.transport.abort)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One WebSocket. The application may cut it off: `scope["state"]["abort"]`."""

    async def run_asgi(self) -> None:
        """Hand the application the means to cut the connection off."""
        self.scope["state"]["abort"] = self.transport.abort
        await super().run_asgi()

    def handle_cont(self, event: Any) -> None:  # noqa: ANN401 - a frame of the library
        """Cut off a message in endless pieces."""
        if len(self.frames) >= MAX_FRAGMENTS:
            self.transport.abort()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Cut off who asks and never reads."""
        if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.transport.abort()
            return
        super().handle_ping()
