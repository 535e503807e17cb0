"""What a live recording says of its session in its header."""

from __future__ import annotations

import json
from dataclasses import replace

from pipeline.config.effective_config import EFFECTIVE_CONFIG_NAME, config_text
from pipeline.config.load import RunConfig
from pipeline.privacy.note import with_privacy
from pipeline.recorder.veil import Veil
from pipeline.version import SOFTWARE_ID
from recordings.session.parts import PART_NAME, SESSION_NAME
from recordings.source import SourceHeader

NOTES_VERSION = 1


def header_of_session(
    header: SourceHeader,
    config: RunConfig,
    session_id: str,
    model_id: str,
    veil: Veil | None = None,
) -> SourceHeader:
    """The source's header with the texts that the session was configured by, and its ids.

    A `veil` says in the header what it hides, and hides it there too.

    The site's file names persons and holds what proves their PINs: it is not kept. Its caps are
    part of `effective_config.toml`.
    """
    veil = veil or Veil()
    config = veil.config(config)
    told = {
        "notes": NOTES_VERSION,
        "session_id": session_id,
        "software": SOFTWARE_ID,
        "model": model_id,
        "plan": config.plan.id,
        "rig": config.rig.id,
        "catalogue": config.catalogue_id,
        "site": None if config.site is None else config.site.id,
    }
    texts = {
        **{f"{name}.toml": text for name, text in config.texts.items() if name != "site"},
        EFFECTIVE_CONFIG_NAME: config_text(config, model_id=model_id),
        SESSION_NAME: json.dumps(told),
    }
    kept = tuple(pair for pair in header.embedded if pair[0] not in texts)
    return with_privacy(replace(header, embedded=(*kept, *texts.items())), veil.privacy)


def keeps_notes(header: SourceHeader) -> bool:
    """Whether it is the recording of a live session that kept what it handed to the kernel."""
    return header.origin == "live" and _session(header).get("notes") == NOTES_VERSION


def without_notes(header: SourceHeader) -> SourceHeader:
    """The header of a copy that leaves out what the session handed to the kernel.

    The copy is a recording of its own: neither the session nor a part of it.
    """
    told = _session(header)
    kept = {name: value for name, value in told.items() if name not in ("notes", "session_id")}
    embedded = tuple(pair for pair in header.embedded if pair[0] != PART_NAME)
    return replace(header, embedded=embedded).carrying(SESSION_NAME, json.dumps(kept))


def without_ids(header: SourceHeader) -> SourceHeader:
    """The header without what says by which texts the session was configured: there are others."""
    gone = (SESSION_NAME, EFFECTIVE_CONFIG_NAME)
    return replace(header, embedded=tuple(pair for pair in header.embedded if pair[0] not in gone))


def recorded_plan(header: SourceHeader) -> str:
    """Id of the plan that the session was started with; "" where the recording does not say."""
    return str(_session(header).get("plan", ""))


def recorded_catalogue(header: SourceHeader) -> str:
    """Name of the catalogue that the session was started with; "" where nothing says it."""
    return str(_session(header).get("catalogue", "")).partition("@")[0]


def _session(header: SourceHeader) -> dict[str, object]:
    try:
        told = json.loads(dict(header.embedded).get(SESSION_NAME, "null"))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
