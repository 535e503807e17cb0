"""A chain over everything that was ever written of runs: one that is deleted leaves a gap.

Every begin and every end of a run is an event; each event's link holds the one before it, and the
head says how many there are. It holds no secret: it shows damage and editing, and is no signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from calibration.qa_store.tables import EVENTS, HEAD, RUNS

HEAD_ID = 1
BEGUN, ENDED = "begun", "ended"
FIRST_LINK = hashlib.sha256(b"qa history").hexdigest()
START_COLUMNS = (
    *("protocol", "protocol_id", "camera_serial", "rig", "software", "model", "baseline"),
    *("origin", "source", "operator", "measured_ns", "started_ns", "valid_ns"),
)


class BrokenChainError(ValueError):
    """Runs or events are missing, were added, or were changed."""


def start_digest(row: Mapping[Any, Any]) -> str:
    """SHA-256 of what is written when a run begins."""
    return _sha(json.dumps([row[name] for name in START_COLUMNS]))


def end_digest(row: Mapping[Any, Any]) -> str:
    """The seal of a finished run; of one from before there were seals, of its outcome and time."""
    if row["seal"] is not None:
        return str(row["seal"])
    return _sha(json.dumps(["unsealed", row["outcome"], row["finished_ns"]]))


def linked(previous: str, seq: int, run_id: int, kind: str, digest: str) -> str:
    """The link of an event."""
    return _sha(json.dumps([previous, seq, run_id, kind, digest]))


def append(connection: Connection, run_id: int, kind: str, digest: str) -> None:
    """Write an event, inside the transaction that writes the run; writers wait for each other."""
    head = connection.execute(select(HEAD).with_for_update()).mappings().first()
    if head is None:
        raise BrokenChainError("the head of the history is missing")
    seq = int(head["n_events"]) + 1
    link = linked(head["link"], seq, run_id, kind, digest)
    values = {"seq": seq, "run_id": run_id, "kind": kind, "digest": digest, "link": link}
    connection.execute(insert(EVENTS).values(**values))
    connection.execute(update(HEAD).where(HEAD.c.id == HEAD_ID).values(n_events=seq, link=link))


def check_chain(connection: Connection, *, is_writing: bool = False) -> None:
    """Hold all runs against the chain; writers wait until the transaction ends.

    Parameters
    ----------
    is_writing : bool
        The transaction is going to append: two that share the head first would wait for each other.

    Raises
    ------
    BrokenChainError
        A run or event is missing, was added, or was changed.
    """
    wanted = select(HEAD).with_for_update(read=not is_writing)
    head = connection.execute(wanted).mappings().first()
    events = connection.execute(select(EVENTS).order_by(EVENTS.c.seq)).mappings().all()
    runs = {row["id"]: row for row in connection.execute(select(RUNS)).mappings()}
    link, told = FIRST_LINK, set()
    for seq, event in enumerate(events, start=1):
        run_id, kind = event["run_id"], event["kind"]
        link = linked(link, seq, run_id, kind, event["digest"])
        if event["seq"] != seq or event["link"] != link or (run_id, kind) in told:
            raise BrokenChainError(f"event {seq} of the history is missing or changed")
        if run_id not in runs:
            raise BrokenChainError(f"run {run_id} is missing")
        digest = start_digest if kind == BEGUN else end_digest
        if digest(runs[run_id]) != event["digest"]:
            raise BrokenChainError(f"run {run_id} does not fit the chain of the history")
        told.add((run_id, kind))
    if head is None or (head["n_events"], head["link"]) != (len(events), link):
        raise BrokenChainError("the history's last events are missing")
    if told != set(_expected(runs.values())):
        raise BrokenChainError("a run was added, or its end taken away, beside the history")


def _expected(runs: Iterable[Mapping[Any, Any]]) -> Iterable[tuple[int, str]]:
    for row in runs:
        yield (row["id"], BEGUN)
        if row["outcome"] is not None:
            yield (row["id"], ENDED)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
