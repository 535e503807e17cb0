"""Opens what a run is over, and finds what it is run with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.config.session_config import GivenTexts, session_config
from pipeline.request import RunRequest
from recordings.opening import SESSION_SUFFIX, open_source
from recordings.session.chained import ChainedSource
from recordings.source import Source
from tracking.applicator import Applicator
from tracking.errors import UsageError


def open_run(request: RunRequest) -> tuple[Source, RunConfig]:
    """The source, which is the caller's to close, and the configuration.

    Rig and plan given: they, the catalogue and the site are read before anything is opened. Else
    what is not given is the recording's own.

    Raises
    ------
    TrackerError
        Configuration, calibration or source cannot be used; nothing is left open.
    """
    rig, plan, catalogue = request.rig_path, request.plan_path, request.catalogue_path
    if rig is not None and plan is not None:
        config = load_config(rig, plan, catalogue, request.site_path)
        return _opened(request, config.applicators), config
    given = GivenTexts.read(rig, plan, catalogue, request.site_path)
    applicators = read_catalogue(catalogue).applicators
    source = _opened(request, applicators)
    try:
        return source, session_config(source.header, given)
    except BaseException:
        source.close()
        raise


def _opened(request: RunRequest, applicators: Mapping[str, Applicator]) -> Source:
    if not request.all_parts:
        return open_source(request.source, applicators=applicators)
    if not request.source.endswith(SESSION_SUFFIX):
        raise UsageError("--all-parts: only an .mcap session has parts.", actual=request.source)
    return ChainedSource(Path(request.source))
