"""`overlay.mp4`: every overlay as H.264 video that browsers play.

PyAV, because OpenCV's wheels bring no encoder that browsers can play and a 720p run can wait
for: its MPEG-4 part 2 is shown by no browser, its VP9 takes 0.25 s a frame.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.overlay.canvas import HEIGHT_PX, WIDTH_PX
from pipeline.overlay.overlay import draw_overlay
from pipeline.sinks.sink import FrameResult, RunContext

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

CODEC: Literal["libx264"] = "libx264"
PIXEL_FORMAT = "yuv420p"  # browsers decode no other chroma
OPTIONS = {"preset": "veryfast", "crf": "23"}  # 12 ms a frame; text stays clean
N_THREADS = 2  # fixed: the bytes depend on it
MAX_DENOMINATOR = 1001  # 29.97 Hz is 30000 / 1001


class VideoSink:
    """Draws and encodes every frame; without frames no file is written."""

    def __init__(self, path: Path, context: RunContext) -> None:
        self._path = path
        self._context = context
        self._opened: tuple[OutputContainer, VideoStream] | None = None

    def emit(self, result: FrameResult) -> None:
        """Append one overlay."""
        import av  # costs 0.1 s and 40 MB: only where a video is written

        if self._opened is None:
            self._opened = self._open()
        container, stream = self._opened
        pixels = draw_overlay(result, self._context)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))

    def close(self) -> None:
        """Finish the file; safe to call twice."""
        opened, self._opened = self._opened, None
        if opened is None:
            return
        container, stream = opened
        container.mux(stream.encode(None))
        container.close()

    def _open(self) -> tuple[OutputContainer, VideoStream]:
        import av

        rate = Fraction(self._context.frame_rate_hz).limit_denominator(MAX_DENOMINATOR)
        options = {"movflags": "+faststart"}  # index first: plays while it loads
        container = av.open(str(self._path), "w", format="mp4", options=options)
        stream = container.add_stream(CODEC, rate=rate, options=dict(OPTIONS))
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, PIXEL_FORMAT
        stream.codec_context.thread_count = N_THREADS
        return container, stream
