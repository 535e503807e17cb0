"""Starts the display server beside a session, starts it again when it dies, and ends it.

The verdict never depends on it: the loop knows the publisher alone, which never waits.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.config.display_settings import DisplaySettings
from pipeline.display.listening import Listening, listen, place
from pipeline.display.publisher import Publisher
from pipeline.display.start import PAGE, READY, Listener, Start, start_text
from pipeline.overlay.footer import is_device
from pipeline.say import Say
from pipeline.sinks.sink import RunContext
from pipeline.supervisor.key_file import read_key_file
from tracking.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
TOKEN_BYTES = 32
TICK_S = 0.1
# Of glibc (`man 3 mallopt`): one heap, and large blocks apart from it. What hostile clients took is
# given back to the system, not kept between what lives on.
_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536"}
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0  # before the server is started again
STEADY_S = 10.0  # a server that lived so long is started again at once
START_S = 20.0  # for the process to come up, on a machine that is busy
END_S = 3.0

LOST = "display lost; the verdict goes on without it. It is started again."
BACK = "display is back"


@dataclass(frozen=True)
class Place:
    """Where people find the display. The token is what a console has to know: not for a log."""

    console_url: str
    viewer_url: str
    token: str


@contextmanager
def serving(
    settings: DisplaySettings,
    context: RunContext,
    publisher: Publisher,
    say: Say,
    *,
    control: Path | None = None,
    page: Path = PAGE,
) -> Iterator[DisplayServer]:
    """Serve what `publisher` is given until the context ends.

    Parameters
    ----------
    say
        Told where the display is, and when it is lost.
    control
        Folder of the session that takes commands; None: every command is refused.

    Raises
    ------
    TrackerError
        The page is missing, a file of `[display]` cannot be used, or the port is taken.
    """
    if not (page / "index.html").is_file():
        raise ConfigurationError(
            "The display's page is missing.",
            expected=str(page / "index.html"),
            remedy="Check out the whole project again, or leave --serve out.",
        )
    viewer = settings.viewer_token_file
    viewer_token = "" if viewer is None else read_key_file(viewer).hex()
    listening = listen(settings)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    start = Start(
        session_fd=-1,
        listeners=(),
        console_token=token,
        viewer_token=viewer_token,
        plain_hosts=listening.plain_hosts,
        tls_hosts=listening.tls_hosts,
        origin=context.origin,
        recording=not is_device(context),
        language=settings.language,
        control="" if control is None else str(control.resolve()),
        certificate="" if settings.certificate is None else str(settings.certificate.resolve()),
        key="" if settings.key is None else str(settings.key.resolve()),
        page=str(page.resolve()),
    )
    server = DisplayServer(start, listening, publisher, say, _place(settings, listening, start))
    try:
        server.begin()
        say(f"  display: {server.place.console_url}")
        if server.place.viewer_url:
            say(f"  second viewer: {server.place.viewer_url}#viewer=TOKEN, the token in {viewer}")
        yield server
    finally:
        server.end()
        publisher.close()
        listening.close()


class DisplayServer:
    """The server's process, and the thread that looks after it.

    Attributes
    ----------
    publisher : Publisher
        What feeds it.
    n_starts : int
        How often the process was started.
    """

    def __init__(
        self, start: Start, listening: Listening, publisher: Publisher, say: Say, at: Place
    ) -> None:
        self._start, self._listening = start, listening
        self.publisher, self._say = publisher, say
        self.place = at
        self.n_starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._starting: socket.socket | None = None
        self._is_ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="display-watch", daemon=True)

    @property
    def process_id(self) -> int:
        """Of the present process; 0 where there is none."""
        return 0 if self._process is None else self._process.pid

    def begin(self) -> None:
        """Start process and thread."""
        self._launch()
        self._watcher.start()

    def wait_until_up(self) -> None:
        """Wait for the process to come up, within its time; a display that does not is lost."""
        until_s = time.monotonic() + START_S
        while not self.publisher.is_attached and time.monotonic() < until_s:
            time.sleep(TICK_S)

    def end(self) -> None:
        """End both; waits a few seconds at most."""
        self._is_ending.set()
        if self._watcher.ident is not None:
            self._watcher.join(END_S)
        self.publisher.close()  # its socket's end tells the server
        self._forget_starting()
        process = self._process
        if process is None:
            return
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _watch(self) -> None:
        pause_s, is_lost = FIRST_PAUSE_S, False
        while not self._is_ending.wait(TICK_S) and not self.publisher.is_closed:
            if self._starting is not None and self._takes_frames(self._starting):
                self.publisher.attach(self._starting)
                self._starting = None
                if is_lost:
                    is_lost = False
                    self._say(BACK)
            if self._is_alive():
                continue
            lived_s = time.monotonic() - self._started_s
            pause_s = FIRST_PAUSE_S if lived_s > STEADY_S else min(2 * pause_s, LONGEST_PAUSE_S)
            if not is_lost:
                is_lost = True
                self._say(LOST)
            self._kill()
            if self._is_ending.wait(pause_s) or self.publisher.is_closed:
                return
            with suppress(OSError):  # no memory, no processes: tried again after the next pause
                self._launch()

    def _is_alive(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            return False
        if self._starting is not None:
            return time.monotonic() - self._started_s < START_S
        return self.publisher.is_attached

    def _takes_frames(self, server: socket.socket) -> bool:
        """Whether the process has said that it has come up."""
        with suppress(OSError):
            return server.recv(len(READY), socket.MSG_DONTWAIT) == READY
        return False

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._forget_starting()

    def _forget_starting(self) -> None:
        starting, self._starting = self._starting, None
        if starting is not None:
            starting.close()

    def _launch(self) -> None:
        """Start the process, in a session of its own: Ctrl-C reaches the tracking alone."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sockets = (self._listening.inner, self._listening.outer)
            listeners = tuple(
                Listener(each.fileno(), is_tls=each is self._listening.outer)
                for each in sockets
                if each is not None
            )
            start = replace(self._start, session_fd=theirs.fileno(), listeners=listeners)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.display.process"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[start.session_fd, *(listener.fd for listener in listeners)],
                start_new_session=True,
                env=os.environ | _MEMORY,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self.n_starts += 1
        self._started_s = time.monotonic()
        pipe = self._process.stdin
        if pipe is not None:
            with suppress(BrokenPipeError), pipe:  # `_watch` finds a dead process
                pipe.write(start_text(start))
        self._starting = ours


def _place(settings: DisplaySettings, listening: Listening, start: Start) -> Place:
    console = f"http://{listening.plain_hosts[0]}/#console={start.console_token}"
    if not start.viewer_token:
        return Place(console, "", start.console_token)
    if settings.is_local:
        return Place(console, f"http://{listening.plain_hosts[0]}/", start.console_token)
    host = settings.allowed_hosts[0] if settings.allowed_hosts else settings.host
    viewer = f"https://{place('https', host, settings.port)}/"
    return Place(console, viewer, start.console_token)
