"""A small archive of audit logs, written by the real writer, for a campaign to tamper with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pipeline.audit.canonical import JsonValue
from pipeline.audit.clock import AuditClock
from pipeline.audit.head import HeadClaim, PrintedHead
from pipeline.audit.keys import SigningKey
from pipeline.audit.kinds import AuditKind
from pipeline.audit.ledger import Ledger
from pipeline.audit.log import AuditLog
from pipeline.audit.naming import LEDGER_NAME, log_name
from pipeline.audit.reading import head_of
from pipeline.audit.start import SessionStart

CASE = "s-case"
OTHERS = ("s-old", "s-new")
N_OTHER_ENTRIES = 30
FRAME_NS = 33_333_333
VERDICTS = ("UNSURE", "HOLD", "READY", "HOLD", "UNSURE", "HOLD")
REASONS: Mapping[str, list[str]] = {"UNSURE": ["BED_HIDDEN"], "HOLD": ["AIR_GAP_HIGH"], "READY": []}


@dataclass(frozen=True)
class Scene:
    """An archive in memory, and what a reader keeps outside it.

    Attributes
    ----------
    key, other_key
        The true one, and a forger's own.
    logs
        Bytes by session id; `CASE` is the one to tamper with.
    heads
        Printed heads of each log and of the ledger, as the archive was whole.
    """

    key: SigningKey
    other_key: SigningKey
    logs: Mapping[str, bytes]
    ledger: bytes
    heads: tuple[HeadClaim, ...]


def build_scene(
    folder: Path, n_entries: int, seed: int, n_other_entries: int = N_OTHER_ENTRIES
) -> Scene:
    """Write an archive of three sessions into `folder`; the same seed gives the same bytes.

    Parameters
    ----------
    n_entries : int
        Entries that the session of the case hands in, checkpoints not counted.
    n_other_entries : int
        The same for each of the other sessions.
    """
    key = SigningKey.from_seed(seed.to_bytes(32, "big"))
    ticks = count(1)
    clock = AuditClock(lambda: next(ticks) * FRAME_NS, lambda: None)
    ledger = Ledger.create(folder / LEDGER_NAME, key, clock)
    heads: list[PrintedHead] = []
    for session, n in (
        (OTHERS[0], n_other_entries),
        (CASE, n_entries),
        (OTHERS[1], n_other_entries),
    ):
        log = AuditLog.open(
            folder / log_name(session), session, key, ledger, session_start(), clock
        )
        for kind, body in _entries(n):
            log.append(kind, body)
        heads.append(log.close())
    heads.append(head_of(folder / LEDGER_NAME))
    return Scene(
        key=key,
        other_key=SigningKey.from_seed((seed + 1).to_bytes(32, "little")),
        logs={name: (folder / log_name(name)).read_bytes() for name in (*OTHERS, CASE)},
        ledger=(folder / LEDGER_NAME).read_bytes(),
        heads=tuple(HeadClaim(head.head, head, is_last=True) for head in heads),
    )


def session_start() -> SessionStart:
    """Return a first entry's content with made-up ids."""
    return SessionStart(
        software="iort-tracker@campaign",
        model="model-1",
        plan="plan-1",
        rig="rig-1",
        catalogue="catalogue-1",
        limits="limits-1",
        site=None,
        origin="simulated",
        configuration="schema = 1\n",
    )


def _entries(n: int) -> list[tuple[AuditKind, dict[str, JsonValue]]]:
    """Entries of every kind that a session hands in; most are verdicts."""
    rare: list[tuple[AuditKind, dict[str, JsonValue]]] = [
        (AuditKind.EVIDENCE, {"proven": ["qa"], "assumed": ["second_estimate"]}),
        (AuditKind.TIME_OUT, {"persons": ["person-a", "person-b"], "plan": "plan-1"}),
        (AuditKind.ACKNOWLEDGEMENT, {"person": "person-a", "reasons": ["CAMERA_BUMPED"]}),
        (AuditKind.COMMAND_REFUSED, {"command": "arm", "why": "second viewer"}),
        (AuditKind.SUPERVISOR, {"event": "lease renewed late"}),
        (AuditKind.OVERRIDE, {"person": "person-b", "what": "alarm", "why": "tested"}),
        (AuditKind.CONFIGURATION, {"what": "brightness", "value": 0.5}),
        (AuditKind.BEAM, {"is_on": True}),
    ]
    entries: list[tuple[AuditKind, dict[str, JsonValue]]] = []
    for index in range(n):
        if index % 16 == 7:
            entries.append(rare[index // 16 % len(rare)])
            continue
        before, after = VERDICTS[index % 6], VERDICTS[(index + 1) % 6]
        body: dict[str, JsonValue] = {
            "frame_index": 10 * index,
            "stamp_ns": 10 * index * FRAME_NS,
            "from": before,
            "to": after,
            "reasons": REASONS[after],
        }
        entries.append((AuditKind.VERDICT, body))
    return entries
