"""Opens what a run is over, and finds what it is run with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig
from pipeline.config.session_config import GivenTexts, session_config
from pipeline.request import RunRequest
from recordings.naming import SESSION_SUFFIX
from recordings.opening import open_source
from recordings.session.chained import ChainedSource, parts_beside
from recordings.source import Source
from tracking.applicator import Applicator
from tracking.errors import UsageError


def open_run(request: RunRequest) -> tuple[Source, RunConfig]:
    """The source, which is the caller's to close, and the configuration.

    What is given is read before anything is opened. What is not is the recording's own; the
    built-in catalogue stands in where it carries none.

    Raises
    ------
    TrackerError
        Configuration, calibration or source cannot be used; nothing is left open.
    """
    given = GivenTexts.read(
        request.rig_path, request.plan_path, request.catalogue_path, request.site_path
    )
    given.check()
    source = _opened(request, read_catalogue(request.catalogue_path).applicators)
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
    return ChainedSource(parts_beside(Path(request.source)))
