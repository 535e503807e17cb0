"""What a session file says of itself, and what a replay has made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recordings.naming import printable
from recordings.session.parts import part_of
from recordings.session.reader import SessionSource
from recordings.source import SourceHeader
from tracking.errors import SourceError
from tracking.toml_reading import load_toml

NS_PER_S = 1e9
# Whatever a summary that is none of ours may raise; the last two of numbers and depths without end.
UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True)
class SessionFacts:
    """One file of an archive.

    Attributes
    ----------
    name : str
        Path below the archive, as `session_name` tells it.
    stamp : str
        Size and time of the file: the same as long as nobody touched it.
    damage : str
        Why it cannot be read, or where it ends early; "" for a whole session.
    recorded_s : float or None
        `recorded_at` in seconds since 1970, so that moments of different zones compare; None where
        it is no moment.
    session_id, part : str, int or None
        Of a live session or a recording in parts; "" and None where the file does not say.
    plan_id, machine, applicator : str
        Of the plan that the session carries; the patient's id is not kept.
    verdicts, reasons : mapping
        Frames, of a replay that is known; empty where none is.
    quantities : mapping of name to (median, least, largest)
        Likewise.
    """

    name: str
    n_bytes: int
    stamp: str
    damage: str = ""
    origin: str = ""
    device: str = ""
    serial: str = ""
    recorded_at: str = ""
    recorded_s: float | None = None
    width: int = 0
    height: int = 0
    frame_rate_hz: float = 0.0
    n_frames: int | None = None
    seconds: float | None = None
    session_id: str = ""
    part: int | None = None
    plan_id: str = ""
    machine: str = ""
    applicator: str = ""
    software: str = ""
    model: str = ""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    quantities: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


def file_stamp(path: Path) -> tuple[int, str]:
    """Size, and what changes with the file. Raises OSError."""
    found = path.stat()
    return found.st_size, f"{found.st_size}-{found.st_mtime_ns}"


def read_facts(path: Path, name: str, *, deep: bool = False) -> SessionFacts:
    """Read a session's header; `deep` reads every frame, and so finds any damage.

    A file that cannot be read has facts too: why.
    """
    n_bytes, stamp = file_stamp(path)
    facts = SessionFacts(name, n_bytes, stamp)
    try:
        source = SessionSource(path)
    except SourceError as error:
        told = f"{error.what}: {error.actual}" if error.actual else error.what
        return replace(facts, damage=printable(told))
    try:
        facts = _of_header(facts, source.header)
        return _of_frames(facts, source) if deep or source.header.n_frames is None else facts
    finally:
        source.close()


def with_results(facts: SessionFacts, summary: Path) -> SessionFacts:
    """Add what a `summary.json` of a replay says; one that is none adds nothing."""
    try:
        told: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
        quantities = {
            str(name): (
                float(q["value"]["median"]),
                float(q["value"]["min"]),
                float(q["value"]["max"]),
            )
            for name, q in told["quantities"].items()
        }
        return replace(
            facts,
            verdicts={str(k): int(n) for k, n in told["verdicts"].items()},
            reasons={str(k): int(n) for k, n in told["reasons"].items()},
            quantities=quantities,
            software=str(told["ids"]["software"]),
            model=str(told["ids"]["model"]),
        )
    except UNREADABLE:
        return facts


def _of_header(facts: SessionFacts, header: SourceHeader) -> SessionFacts:
    moment = header.recorded_moment
    plan = _plan(dict(header.embedded).get("plan.toml", ""))
    n_frames = header.n_frames
    part = part_of(header)
    return replace(
        facts,
        origin=header.origin,
        device=header.device_name,
        serial=header.device_serial,
        recorded_at=header.recorded_at,
        recorded_s=None if moment is None else moment.timestamp(),
        width=header.intrinsics.width,
        height=header.intrinsics.height,
        frame_rate_hz=header.frame_rate_hz,
        n_frames=n_frames,
        seconds=None if n_frames is None else n_frames / header.frame_rate_hz,
        session_id="" if part is None else part.session_id,
        part=None if part is None else part.part,
        plan_id=plan.get("plan_id", ""),
        machine=plan.get("machine", ""),
        applicator=plan.get("applicator", ""),
    )


def _of_frames(facts: SessionFacts, source: SessionSource) -> SessionFacts:
    n_frames, first, last = 0, 0, 0
    while (read := source.read()) is not None:
        last = read.frame.stamp_ns
        first = last if n_frames == 0 else first
        n_frames += 1
    seconds = (last - first) / NS_PER_S
    return replace(facts, n_frames=n_frames, seconds=seconds, damage=printable(source.damage or ""))


def _plan(text: str) -> dict[str, str]:
    try:
        table = load_toml(text)
    except ValueError:
        return {}
    return {key: value for key, value in table.items() if isinstance(value, str)}
