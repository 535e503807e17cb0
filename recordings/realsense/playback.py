"""The vendor's library as an iterator over all images of a recording, none dropped.

The library's thread waits in our callback until the reader has room, however slow it is.
(Its own frame queues drop frames, or lock up against Python when they are full.)
"""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import pyrealsense2 as rs

from recordings.realsense import sdk
from recordings.realsense.camera_model import CameraModel, RawColor, RawDepth
from recordings.realsense.streams import choose_streams

QUEUE_IMAGES = 4  # how far the library may be ahead of the reader
POLL_S = 0.02
END_GRACE_S = 0.2  # after the library says "stopped" its last image may still be on its way
STALL_S = 10.0  # a file that yields nothing for so long will not go on

RawImage = RawDepth | RawColor


class Playback:
    """Plays one whole file.

    Raises
    ------
    RuntimeError
        From the library: the file has no readable header.
    SourceError
        No depth stream, no depth unit.
    """

    def __init__(self, path: Path, uri: str) -> None:
        self._images: queue.Queue[RawImage | ValueError] = queue.Queue(QUEUE_IMAGES)
        self._is_closing = threading.Event()
        self._device = rs.context().load_device(str(path))
        self._player = rs.playback(self._device)
        self._player.set_real_time(False)
        self._streams = choose_streams(self._device, uri)
        self.model: CameraModel = sdk.camera_model(
            self._device,
            self._streams.depth_sensor,
            self._streams.depth,
            self._streams.color,
            uri,
        )
        self._player.pause()  # else the first images pass before the second sensor has started
        self._streams.start(self._on_frame)
        self._player.resume()

    def next_image(self) -> RawImage | None:
        """Return the next image in the file's order, None at the end.

        Raises
        ------
        ValueError
            The image cannot be converted, or the library has stalled.
        """
        waited_s = 0.0
        while True:
            is_stopped = self._player.current_status() == rs.playback_status.stopped
            timeout_s = END_GRACE_S if is_stopped else POLL_S
            try:
                image = self._images.get(timeout=timeout_s)
            except queue.Empty:
                if is_stopped:
                    return None
                waited_s += timeout_s
                if waited_s > STALL_S:
                    raise ValueError(f"nothing came for {STALL_S:.0f} s") from None
                continue
            if isinstance(image, ValueError):
                raise image
            return image

    def close(self) -> None:
        """Stop the library's threads; safe to call twice."""
        self._is_closing.set()
        self._streams.stop()

    def _on_frame(self, frame: rs.frame) -> None:
        """Runs on the library's threads; waits while the reader is behind."""
        image: RawImage | ValueError
        try:
            image = sdk.raw_image(frame, arrival_ns=None)
        except ValueError as error:
            image = error
        while not self._is_closing.is_set():
            try:
                self._images.put(image, timeout=POLL_S)
            except queue.Full:
                continue
            return
