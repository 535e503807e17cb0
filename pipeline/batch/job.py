"""One session of a batch, on whatever worker: replayed as `replay` does, results handed back.

What goes wrong with a session is a value: no file may stop a batch.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Literal

from models.loading import load_segmenter
from models.segmenter import Segmenter
from pipeline.batch.archive import open_session
from pipeline.replay import replay_source
from pipeline.request import RunRequest
from pipeline.version import SOFTWARE_ID
from recordings.session.reader import SessionSource
from recordings.source import CATALOGUE_TEXT
from tracking.errors import TrackerError

EMBEDDED = {"rig": "rig.toml", "plan": "plan.toml", "catalogue": CATALOGUE_TEXT}
NEEDED = ("rig", "plan")  # a session without a catalogue of its own was made with the built-in one
MISSING_REMEDY = "Name one with --rig or --plan, or record the session again."


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

    @property
    def id(self) -> str:
        """Changes with anything that could change a result."""
        parts = (self.rig, self.plan, self.catalogue, self.site, self.segmenter, self.model)
        text = json.dumps([SOFTWARE_ID, *parts])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Job:
    """One session and what it runs with."""

    name: str
    url: str
    content: str
    configuration: Configuration


@dataclass(frozen=True)
class JobResult:
    """What came out: the artefacts compressed, empty where there are none.

    `reason`: why it is not done; "" where it is.
    """

    name: str
    url: str
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


def failed(job: Job, reason: str) -> JobResult:
    """The result of a session that came to nothing."""
    configuration = job.configuration.id
    return JobResult(
        job.name, job.url, job.content, configuration, SOFTWARE_ID, Status.FAILED, reason
    )


def _replayed(job: Job) -> JobResult:
    configuration = job.configuration
    segmenter = _segmenter(configuration.segmenter)
    if segmenter.model_id != configuration.model:
        return failed(job, f"this worker has the model {segmenter.model_id}")
    with tempfile.TemporaryDirectory() as folder, open_session(job.url) as stream:
        source = SessionSource(Path(PurePosixPath(job.name).name + ".mcap"), stream)
        request = _request(configuration, dict(source.header.embedded), Path(folder))
        replay_source(request, segmenter, source)
        out = request.out_dir
        packed = [
            zlib.compress((out / name).read_bytes())
            for name in ("records.jsonl", "summary.json", "report.html")
        ]
        reason = source.damage or ""
    status = Status.TRUNCATED if reason else Status.DONE
    return JobResult(
        job.name,
        job.url,
        job.content,
        configuration.id,
        SOFTWARE_ID,
        status,
        reason,
        *packed,
    )


def _request(configuration: Configuration, embedded: dict[str, str], folder: Path) -> RunRequest:
    """Lay the texts out as files in `folder` and name them."""
    paths: dict[str, Path | None] = {}
    for kind in ("rig", "plan", "catalogue", "site"):
        text: str | None = getattr(configuration, kind)
        if text is None and kind in EMBEDDED:
            text = embedded.get(EMBEDDED[kind])
            if text is None and kind in NEEDED:
                raise ValueError(f"the session carries no {EMBEDDED[kind]}. {MISSING_REMEDY}")
        paths[kind] = None
        if text is not None:
            path = folder / f"{kind}.toml"
            path.write_text(text, encoding="utf-8")
            paths[kind] = path
    rig, plan = paths["rig"], paths["plan"]
    if rig is None or plan is None:
        raise ValueError(MISSING_REMEDY)
    return RunRequest(
        source="session.mcap",
        rig_path=rig,
        plan_path=plan,
        out_dir=folder / "out",
        catalogue_path=paths["catalogue"],
        site_path=paths["site"],
        segmenter=configuration.segmenter,
        video=False,
        quiet=True,
    )


@lru_cache(maxsize=2)
def _segmenter(kind: Literal["onnx", "masks"]) -> Segmenter:
    """Loaded once a worker."""
    return load_segmenter(kind)
