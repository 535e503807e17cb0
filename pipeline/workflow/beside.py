"""Opens the workflow of a session, and closes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config.load import RunConfig
from pipeline.session.shell import SessionShell
from pipeline.workflow.desk import WorkflowDesk
from pipeline.workflow.follower import Around, Revised, WorkflowFollower
from pipeline.workflow.store import WorkflowStore
from pipeline.workflow.view import About
from recordings.source import SourceHeader


@contextmanager
def open_desk(
    config: RunConfig,
    header: SourceHeader,
    folder: Path,
    write_report: Callable[[], None] | None = None,
) -> Iterator[WorkflowDesk]:
    """The desk of the session in `folder`, with what an earlier process of it was told.

    Raises
    ------
    UsageError
        What is kept in the folder cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    store = WorkflowStore(folder)
    try:
        yield WorkflowDesk(config, header.intrinsics, store, write_report)
    finally:
        store.close()


def follower_of(
    session_id: str,
    config: RunConfig,
    header: SourceHeader,
    desk: WorkflowDesk,
    shell: SessionShell,
    around: Callable[[], Around],
    revised: Revised | None = None,
) -> WorkflowFollower:
    """What follows the session frame by frame; `revised` hears of every approved revision."""
    plan = config.plan
    persons = () if config.site is None else config.site.persons
    about = About(
        session_id=session_id,
        patient_id=plan.patient_id,
        plan_id=plan.plan_id,
        machine=plan.machine,
        applicators=desk.applicators,
        persons=tuple(person.id for person in persons if person.pin is not None),
        is_simulated=header.origin == "simulated",
    )
    return WorkflowFollower(desk, shell, about, around, revised)
