"""A progress bar on stderr, for people only: nothing where stderr is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[int, int | None], None]
"""Called with what is done and what there is in all (None: not known)."""


@contextmanager
def progress_bar(task: str) -> Iterator[Report]:
    """Show a bar until the context is left; the yielded function moves it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        handle = bar.add_task(task, total=None)

        def report(done: int, total: int | None) -> None:
            bar.update(handle, completed=done, total=total)

        yield report
