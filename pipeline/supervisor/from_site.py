"""Starts the supervisor that a site has wired."""

from __future__ import annotations

from pipeline.config.supervisor_settings import SupervisorSettings
from pipeline.supervisor.client import SupervisorClient
from pipeline.supervisor.identities import LeaseIds
from pipeline.supervisor.key_file import read_key_file
from pipeline.supervisor.launch import start_supervisor
from pipeline.supervisor.proof import KernelStimuli


def start_from_site(
    settings: SupervisorSettings, ids: LeaseIds, kernel_stimuli: KernelStimuli
) -> SupervisorClient:
    """Start and prove a supervisor as the site has it; see `start_supervisor`.

    Raises
    ------
    ConfigurationError
        The key file cannot be used.
    FaultError
        As `start_supervisor`.
    """
    key = b"" if settings.key_file is None else read_key_file(settings.key_file)
    return start_supervisor(settings.wiring, ids, kernel_stimuli, heartbeat_key=key)
