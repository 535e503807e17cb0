"""`sessions batch`: read the configuration once, run, compare, write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.loading import load_segmenter
from pipeline.batch.archive import list_sessions
from pipeline.batch.baseline import read_baseline
from pipeline.batch.compare import compare_batches
from pipeline.batch.job import Configuration, Status
from pipeline.batch.results import ResultFolder
from pipeline.batch.run import Cluster, run_batch
from pipeline.batch.table import Batch, write_tables
from pipeline.config.load import ConfigText
from pipeline.config.session_config import GivenTexts
from recordings.naming import printable
from recordings.progress import Report
from tracking.errors import FaultError, SourceError, UsageError


@dataclass(frozen=True)
class BatchRequest:
    """What the command line asks for; without `rig` or `plan` each session's own counts."""

    archive: str
    out: Path
    rig: Path | None = None
    plan: Path | None = None
    catalogue: Path | None = None
    site: Path | None = None
    segmenter: Literal["onnx", "masks"] = "onnx"
    scheduler: str = ""
    n_workers: int = 2
    baseline: Path | None = None
    resume: bool = True


def batch(request: BatchRequest, report: Report) -> Batch:
    """Run it and write its tables.

    Raises
    ------
    TrackerError
        Archive, configuration, baseline or scheduler cannot be used: before any session is run.
    """
    if request.baseline is not None and request.baseline.resolve() == request.out.resolve():
        raise UsageError(
            "--baseline and --out are one folder: the batch would be compared with itself.",
            remedy="Name a new --out.",
        )
    before = None if request.baseline is None else read_baseline(request.baseline)
    sessions = list_sessions(request.archive)
    configuration = _configuration(request)
    out = ResultFolder(request.out)
    cluster = Cluster(request.scheduler, request.n_workers)
    rows = run_batch(sessions, configuration, out, cluster, report, resume=request.resume)
    compared = None if before is None else tuple(compare_batches(out, rows, before))
    found = Batch(printable(request.archive), configuration.id, tuple(rows), compared)
    write_tables(out.path, found)
    return found


def exit_code(found: Batch, *, is_gate: bool) -> int:
    """0; 6 where a gate finds another verdict; 5 where a session failed or ends early."""
    if is_gate and found.regressions:
        return FaultError.exit_code
    is_whole = all(row.status is Status.DONE for row in found.rows)
    return 0 if is_whole else SourceError.exit_code


def _configuration(request: BatchRequest) -> Configuration:
    """Texts of the files; wrong ones are refused here, not by every session."""
    given = GivenTexts.read(request.rig, request.plan, request.catalogue, request.site)
    given.check()
    return Configuration(
        rig=_text(given.rig),
        plan=_text(given.plan),
        catalogue=_text(given.catalogue),
        site=_text(given.site),
        segmenter=request.segmenter,
        model=load_segmenter(request.segmenter).model_id,
        catalogue_name="catalogue" if request.catalogue is None else request.catalogue.stem,
    )


def _text(given: ConfigText | None) -> str | None:
    return None if given is None else given.text
