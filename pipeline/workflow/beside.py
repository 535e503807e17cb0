"""Opens what a session's workflow is kept in, and what follows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config.load import RunConfig
from pipeline.session.shell import SessionShell
from pipeline.session_report.reporter import SessionReporter
from pipeline.workflow.desk import WorkflowDesk
from pipeline.workflow.desk_state import Revision
from pipeline.workflow.follower import Around, WorkflowFollower
from pipeline.workflow.store import WorkflowStore
from pipeline.workflow.view import About
from recordings.source import SourceHeader


@contextmanager
def open_store(config: RunConfig, folder: Path) -> Iterator[WorkflowStore]:
    """What is kept in the session's `folder`: enter it before anything else touches the folder.

    Raises
    ------
    UsageError
        It cannot be used, or was done for another plan.
    """
    folder.mkdir(parents=True, exist_ok=True)
    store = WorkflowStore(folder, config.plan.id)
    try:
        yield store
    finally:
        store.close()


def follower_of(
    session_id: str,
    config: RunConfig,
    header: SourceHeader,
    desk: WorkflowDesk,
    shell: SessionShell,
    around: Callable[[], Around],
    reporter: SessionReporter,
) -> WorkflowFollower:
    """What follows the session frame by frame; the reporter is told of revisions and lease."""
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

    beam = desk.state.beam
    if beam.is_on:
        reporter.begin_under_beam(beam.told_by)

    reporter.follow_lease(lambda: shell.holds_lease)

    def report(revision: Revision, approved_by: str) -> None:
        reporter.revise(revision.config, revision.number, approved_by)

    return WorkflowFollower(desk, shell, about, around, report)
