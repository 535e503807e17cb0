"""The display beside a recording that is played, and beside a live session."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console

from pipeline.config.display_settings import DisplaySettings
from pipeline.config.load import RunConfig
from pipeline.display.publisher import Publisher, View
from pipeline.display.serving import serving
from pipeline.display.start import PAGE
from pipeline.say import Say
from pipeline.session.shell import SessionShell
from pipeline.sinks.sink import FrameResult, RunContext
from pipeline.tracker import recorded_age_ms


@contextmanager
def display_of_recording(config: RunConfig, context: RunContext) -> Iterator[Publisher]:
    """Show a recording; no command is taken. Raises as `serving`."""
    say = Console(stderr=True, highlight=False, soft_wrap=True).print
    with (
        closing(Publisher(context, recorded_age)) as publisher,
        serving(_settings(config), context, publisher, say, page=PAGE) as server,
    ):
        server.wait_until_up()  # a short recording would be over
        yield publisher


@contextmanager
def display_of_session(
    config: RunConfig,
    context: RunContext,
    shell: SessionShell,
    control: Path,
    say: Say,
    *,
    view: View | None = None,
) -> Iterator[Publisher]:
    """Show a live session; the console's commands go to the socket in `control`.

    `view`: the workflow around each frame. Raises as `serving`.
    """
    publisher = Publisher(context, live_age, view=view, holds_lease=lambda: shell.holds_lease)
    settings = _settings(config)
    with (
        closing(publisher),
        serving(settings, context, publisher, say, control=control, page=PAGE),
    ):
        yield publisher


def recorded_age(result: FrameResult) -> float:
    """Exposure to now of a frame that was recorded and is processed at once, ms."""
    return recorded_age_ms(result.source_frame.frame) + result.record.stage_ms["total"]


def live_age(result: FrameResult) -> float:
    """Exposure to now by the clock of the stamps, ms."""
    return (time.time_ns() - result.source_frame.frame.stamp_ns) / 1e6


def _settings(config: RunConfig) -> DisplaySettings:
    return DisplaySettings() if config.site is None else config.site.display
