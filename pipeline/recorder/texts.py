"""What a live recording says of its session in its header."""

from __future__ import annotations

import json
from dataclasses import replace

from pipeline.config.effective_config import config_text
from pipeline.config.load import RunConfig
from pipeline.version import SOFTWARE_ID
from recordings.session.parts import SESSION_NAME
from recordings.source import SourceHeader

NOTES_VERSION = 1


def header_of_session(
    header: SourceHeader, config: RunConfig, session_id: str, model_id: str
) -> SourceHeader:
    """The source's header with the texts that the session was configured by, and its ids.

    The site's file names persons and holds what proves their PINs: it is not kept. Its caps are
    part of `effective_config.toml`.
    """
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
        "effective_config.toml": config_text(config, model_id=model_id),
        SESSION_NAME: json.dumps(told),
    }
    kept = tuple(pair for pair in header.embedded if pair[0] not in texts)
    return replace(header, embedded=(*kept, *texts.items()))


def keeps_notes(header: SourceHeader) -> bool:
    """Whether it is the recording of a live session that kept what it handed to the kernel."""
    if header.origin != "live":
        return False
    try:
        told = json.loads(dict(header.embedded).get(SESSION_NAME, "null"))
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("notes") == NOTES_VERSION
