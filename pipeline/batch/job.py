"""One session of a batch, on whatever worker: replayed as `replay` does, results handed back.

What goes wrong with a session is a value: no file may stop a batch.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from contextlib import closing
from dataclasses import astuple, dataclass
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import Literal

from models.loading import load_segmenter
from models.segmenter import Segmenter
from models.two_at_once import take_turns
from pipeline.batch.archive import open_session
from pipeline.config.load import ConfigText
from pipeline.config.session_config import GivenTexts, session_config
from pipeline.replay import replay_source
from pipeline.request import RunRequest
from pipeline.version import SOFTWARE_ID
from recordings.naming import RESULT_NAMES
from recordings.session.chained import ChainedSource, PartFile
from recordings.session.reader import SessionSource
from tracking.errors import TrackerError


class Status(StrEnum):
    """How a session ended."""

    DONE = "done"
    TRUNCATED = "truncated"  # the file ends early: results up to its last whole frame
    FAILED = "failed"


@dataclass(frozen=True)
class Configuration:
    """What every session of a batch runs with: texts, so that a worker needs no file.

    Attributes
    ----------
    rig, plan, catalogue : str or None
        None: each session's own, as it was recorded.
    """

    rig: str | None
    plan: str | None
    catalogue: str | None
    site: str | None
    segmenter: Literal["onnx", "masks"]
    model: str
    catalogue_name: str = "catalogue"  # what its id begins with, where one is named

    @property
    def id(self) -> str:
        """Changes with anything that could change a result."""
        text = json.dumps([SOFTWARE_ID, *astuple(self)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Job:
    """One session, its files' addresses in order, and what it runs with."""

    name: str
    urls: tuple[str, ...]
    content: str
    configuration: Configuration


@dataclass(frozen=True)
class JobResult:
    """What came out: the artefacts compressed, empty where there are none.

    `reason`: why it is not done; "" where it is.
    """

    name: str
    content: str
    configuration: str
    software: str
    status: Status
    reason: str = ""
    records: bytes = b""
    summary: bytes = b""
    report: bytes = b""


def run_job(job: Job) -> JobResult:
    """Replay one session. Never raises for what is wrong with it."""
    try:
        return _replayed(job)
    except TrackerError as error:
        return failed(job, f"{error.what}: {error.actual}" if error.actual else error.what)
    except (OSError, ValueError) as error:
        return failed(job, str(error) or type(error).__name__)


def run_beside_others(job: Job) -> JobResult:
    """The same on one of a computer's several workers: none takes another's core."""
    take_turns()
    return run_job(job)


def failed(job: Job, reason: str) -> JobResult:
    """The result of a session that came to nothing."""
    configuration = job.configuration.id
    return JobResult(job.name, job.content, configuration, SOFTWARE_ID, Status.FAILED, reason)


def _replayed(job: Job) -> JobResult:
    configuration = job.configuration
    segmenter = _segmenter(configuration.segmenter)
    if segmenter.model_id != configuration.model:
        return failed(job, f"this worker has the model {segmenter.model_id}")
    source = ChainedSource([PartFile(_named(url), partial(_opened, url)) for url in job.urls])
    with tempfile.TemporaryDirectory() as folder, closing(source):
        out = Path(folder) / "out"
        request = RunRequest(
            source="session.mcap",
            all_parts=len(job.urls) > 1,
            rig_path=None,
            plan_path=None,
            out_dir=out,
            segmenter=configuration.segmenter,
            video=False,
            quiet=True,
        )
        config = session_config(source.header, _given(configuration))
        replay_source(request, config, segmenter, source)
        packed = [zlib.compress((out / name).read_bytes()) for name in RESULT_NAMES]
        reason = source.damage or ""
    status = Status.TRUNCATED if reason else Status.DONE
    return JobResult(
        job.name,
        job.content,
        configuration.id,
        SOFTWARE_ID,
        status,
        reason,
        *packed,
    )


def _named(url: str) -> Path:
    """What results call the file."""
    return Path(PurePosixPath(url).name)


def _opened(url: str) -> SessionSource:
    """A file of the archive, for ranged reads. Raises SourceError or OSError."""
    return SessionSource(_named(url), open_session(url))


def _given(configuration: Configuration) -> GivenTexts:
    """The texts that the batch names for all, as if each were a file of its kind's name."""
    found = {}
    for kind in ("rig", "plan", "catalogue", "site"):
        text: str | None = getattr(configuration, kind)
        if text is not None:
            name = configuration.catalogue_name if kind == "catalogue" else kind
            found[kind] = ConfigText(text, Path(f"{name}.toml"), is_file=False)
    return GivenTexts(**found)


@lru_cache(maxsize=2)
def _segmenter(kind: Literal["onnx", "masks"]) -> Segmenter:
    """Loaded once a worker."""
    return load_segmenter(kind)
