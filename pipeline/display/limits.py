"""What clients of the display may cost: numbers, sizes, rates and times. None is configurable."""

from __future__ import annotations

MAX_CONSOLES = 4
MAX_VIEWERS = 8
MAX_VIEWERS_PER_ADDRESS = 4
MAX_CONNECTIONS = 64  # of TCP in all, those that have said nothing yet included
MAX_CONNECTIONS_PER_ADDRESS = 32  # a page opens six at a time for its files
MAX_MESSAGE_BYTES = 16 * 1024  # from a page; the longest valid command is shorter
MAX_FRAGMENTS = 16  # of one message
MAX_UNSENT_BYTES = 4 * 1024 * 1024  # a picture and its header are far below
MAX_REQUEST_BYTES = 16 * 1024  # request line and headers
REQUESTS_PER_S = 100.0  # of one listener's clients together; a page asks for some sixty files once
REQUEST_BURST = 600.0
MAX_IN_FLIGHT = 4  # commands of one client that wait for the session
MESSAGES_PER_S = 90.0  # a page that draws 60 frames a second says 60
MESSAGE_BURST = 180.0
HELLO_S = 2.0  # for the first message
DRAWN_S = 2.0  # for the page to say that it has drawn a frame
HTTP_S = 5.0  # for a request, and between two of one connection
PING_S = 5.0
SILENCE_S = 1.0  # without a frame, the session counts as lost
GRACE_S = 1.0  # to tell clients that the session is gone
N_AGES = 4096  # drawn frames that figures are made of


class TokenBucket:
    """Lets `rate` messages a second pass on the average and `burst` at once. Time is passed in."""

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst = rate, burst
        self._level, self._at_s = burst, now_s

    def takes(self, now_s: float) -> bool:
        """Whether one more message may pass."""
        self._level = min(self._burst, self._level + self._rate * max(now_s - self._at_s, 0.0))
        self._at_s = now_s
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True
