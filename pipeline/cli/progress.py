"""Progress on stderr: a bar for people, and now and then a line where stderr is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from pipeline.say import Say
from recordings.progress import Report

SECONDS_A_LINE = 60.0  # short work says nothing in a log


@contextmanager
def progress_bar(task: str) -> Iterator[Report]:
    """Show a bar until the context is left; the yielded function moves it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lines(task, lambda text: console.print(text, highlight=False, soft_wrap=True))
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        handle = bar.add_task(task, total=None)

        def report(done: int, total: int | None) -> None:
            bar.update(handle, completed=done, total=total)

        yield report


def lines(task: str, say: Say, clock_s: Callable[[], float] = monotonic) -> Report:
    """Progress for a log: a line a minute, none for work that is shorter."""
    begun_s = said_s = clock_s()

    def report(done: int, total: int | None) -> None:
        nonlocal said_s
        now_s = clock_s()
        if now_s - said_s < SECONDS_A_LINE:
            return
        said_s = now_s
        of = "" if total is None else f" of {total}"
        say(f"{task}: {done}{of} after {(now_s - begun_s) / 60:.0f} min")

    return report
