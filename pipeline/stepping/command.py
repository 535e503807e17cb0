"""`sessions step`: an engineer walks through a recorded session by commands, one a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from pipeline.config.catalogue_file import read_catalogue
from pipeline.export.command import ExportRequest, session_tracker
from pipeline.say import Say
from pipeline.sinks.sink import RunContext
from pipeline.stepping.asked import HELP, Asked, Command, parse
from pipeline.stepping.picture import OpenAgain, write_picture
from pipeline.stepping.walk import ShowsProgress, Walk
from recordings.naming import LIVE_NAME
from recordings.opening import open_source
from tracking.errors import SourceError, TrackerError, UsageError
from tracking.marks import check_outlines


def step(request: ExportRequest, lines: Iterable[str], say: Say, progress: ShowsProgress) -> int:
    """Show the first frame, then do what each line asks for; return the exit code.

    Only source, rig, plan, catalogue and segmenter of the request count. The exit code is 0, or 5
    where damage was met.

    Raises
    ------
    TrackerError
        Configuration, calibration or source cannot be used, or the source is a camera.
    """
    with _opened(request, progress) as (walk, context, open_again):
        say(_introduction(context))
        say(walk.frame.block)
        for line in lines:
            before = walk.frame.position
            refusal = ""
            try:
                asked = parse(line)
                if asked.command is Command.QUIT:
                    break
                answer = _answer(asked, walk, context, open_again)
            except TrackerError as error:
                refusal = str(error)
                answer = walk.frame.block if walk.frame.position != before else ""
            for text in (answer, refusal):
                if text:
                    say(text)
        return SourceError.exit_code if walk.is_damaged else 0


@contextmanager
def _opened(
    request: ExportRequest, progress: ShowsProgress
) -> Iterator[tuple[Walk, RunContext, OpenAgain]]:
    if request.source.partition(":")[0] == LIVE_NAME:
        raise UsageError(
            "A camera cannot be stepped through.",
            expected="a recorded session",
            remedy=f"Make one: record {request.source} NAME.mcap.",
        )
    applicators = read_catalogue(request.catalogue).applicators
    open_again = partial(open_source, request.source, applicators=applicators)
    with ExitStack() as stack:
        source = open_again()
        stack.callback(source.close)
        tracker, context = session_tracker(request, source)
        check_outlines(context.plan, source.header.intrinsics)
        yield Walk(source, tracker, context, progress), context, open_again


def _introduction(context: RunContext) -> str:
    lines = [f"{context.source_uri} ({context.origin}), plan {context.plan.plan_id}; ? for help"]
    if context.assumed:
        lines.append(f"Assumed as passed: {', '.join(context.assumed)}")
    return "\n".join([*lines, *context.notes])


def _answer(asked: Asked, walk: Walk, context: RunContext, open_again: OpenAgain) -> str:
    """Do what is asked for, and return what to say to it."""
    match asked.command:
        case Command.HELP:
            return HELP
        case Command.RECORD:
            return walk.frame.line
        case Command.PICTURE:
            write_picture(Path(asked.argument), walk.frame, context, open_again)
            return f"{asked.argument} written"
        case Command.BACK:
            walk.back()
        case Command.GO_TO:
            walk.go_to(_position(asked.argument))
        case Command.NEXT_VERDICT:
            walk.next_verdict()
        case _:
            walk.forward()
    return walk.frame.block


def _position(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError("POSITION is a number.", expected="such as g 12", actual=text) from None
