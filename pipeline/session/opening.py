"""Opens what a live session needs around its kernel, and closes it in the right order."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.audit.key_files import PRIVATE_NAME, load_signing_key, make_key_files
from pipeline.audit.keys import SigningKey
from pipeline.audit.kinds import AuditKind
from pipeline.audit.ledger import Ledger
from pipeline.audit.log import AuditLog
from pipeline.audit.naming import KEYS_NAME, LEDGER_NAME, log_name
from pipeline.audit.start import SessionStart
from pipeline.config.effective_config import config_text
from pipeline.config.load import RunConfig
from pipeline.config.supervisor_settings import SupervisorSettings
from pipeline.session.control import SessionControl, Workflow
from pipeline.session.inbox import Inbox
from pipeline.session.persons import Gatekeeper
from pipeline.session.proof_stimuli import kernel_stimuli
from pipeline.session.rebinding import ReboundSupervisor
from pipeline.session.running import running_identities
from pipeline.session.shell import SessionShell, lease_ids
from pipeline.supervisor.client import SupervisorClient
from pipeline.supervisor.identities import LeaseIds
from pipeline.supervisor.key_file import read_key_file
from pipeline.supervisor.launch import start_supervisor
from pipeline.version import SOFTWARE_ID
from recordings.source import Origin
from tracking.errors import ConfigurationError
from tracking.snapshot import SessionEvidence


@dataclass(frozen=True)
class SessionFolders:
    """Where a session keeps what it must not lose.

    Attributes
    ----------
    session : Path
        The running session's own: its command socket.
    archive : Path
        Audit logs of all sessions, their ledger, and the key that signs them.
    """

    session: Path
    archive: Path


def new_session_id(now: datetime) -> str:
    """An id that sorts by time and never comes twice."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


@contextmanager
def open_shell(
    session_id: str,
    folders: SessionFolders,
    config: RunConfig,
    evidence: SessionEvidence,
    model_id: str,
    workflow: Workflow | None = None,
    origin: Origin = "live",
) -> Iterator[SessionShell]:
    """Open audit log, command socket and supervisor; the output opens when the context ends.

    Parameters
    ----------
    workflow : Workflow, optional
        The steps around the verdict; None: commands of the workflow are refused.

    Raises
    ------
    TrackerError
        The archive cannot be written or was changed, a session is running in the folder already,
        or the supervisor does not pass its proof test.
    """
    running = running_identities(config, model_id)
    settings = config.site.supervisor if config.site is not None else SupervisorSettings()
    limits = config.plan.limits
    with ExitStack() as stack:
        key, ledger = open_archive(folders.archive)
        start = SessionStart(
            software=SOFTWARE_ID,
            model=model_id,
            plan=config.plan.id,
            rig=config.rig.id,
            catalogue=config.catalogue_id,
            limits=repr(limits),
            site=None if config.site is None else config.site.id,
            origin=origin,
            configuration=config_text(config, model_id=model_id),
        )
        log_path = folders.archive / log_name(session_id)
        audit = stack.enter_context(AuditLog.open(log_path, session_id, key, ledger, start))
        folders.session.mkdir(parents=True, exist_ok=True)
        persons = config.site.persons if config.site is not None else ()
        inbox = stack.enter_context(Inbox(folders.session, Gatekeeper(persons)))
        heartbeat_key = read_key_file(settings.key_file) if settings.key_file else b""
        stimuli = kernel_stimuli()

        def start_bound(ids: LeaseIds) -> SupervisorClient:
            return start_supervisor(settings.wiring, ids, stimuli, heartbeat_key=heartbeat_key)

        first = start_bound(lease_ids(session_id, running, limits))
        supervisor = stack.enter_context(ReboundSupervisor(first, start_bound))
        audit.append(AuditKind.SUPERVISOR, {"event": "proof passed", "stimuli": len(stimuli)})
        yield SessionShell(
            session_id, evidence, limits, SessionControl(inbox, workflow), supervisor, audit
        )


def open_archive(folder: Path) -> tuple[SigningKey, Ledger]:
    """The archive's key and ledger; made where the folder is new or empty.

    Raises
    ------
    ConfigurationError
        There is something in the folder, but no key that can be used: a new one would hide that
        the old one was lost. A ledger that is missing is found when a session is opened.
    """
    key_path = folder / KEYS_NAME / PRIVATE_NAME
    is_new = not folder.exists() or not any(folder.iterdir())
    if is_new:
        make_key_files(folder / KEYS_NAME)
        key = load_signing_key(key_path)
        return key, Ledger.create(folder / LEDGER_NAME, key)
    if not key_path.exists():
        raise ConfigurationError(
            f"The archive {folder}: the key that signs it is missing.",
            expected=str(key_path),
            actual="a folder with other files, and no such key",
            remedy="Put the key back, or start a new archive in an empty folder.",
        )
    key = load_signing_key(key_path)
    return key, Ledger(folder / LEDGER_NAME, key)
