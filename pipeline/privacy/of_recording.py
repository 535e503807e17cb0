"""By which key a recording names its patient."""

from __future__ import annotations

from pathlib import Path

from pipeline.audit.key_files import PSEUDONYM_NAME
from pipeline.audit.naming import KEYS_NAME
from pipeline.privacy.pseudonyms import Pseudonyms, pseudonyms_of
from pipeline.session.opening import open_archive
from tracking.errors import ConfigurationError, UsageError


def names_for(
    recording: Path, key: Path | None, archive: Path, *, is_identified: bool
) -> Pseudonyms | None:
    """Pseudonyms by the key given, or else by the archive's; None: the patient's id in clear.

    An archive that is new is made, and its keys with it.

    Raises
    ------
    UsageError
        A key is given for a recording that shall name the patient.
    ConfigurationError
        The key is missing or cannot be used, or it lies beside the recording.
    """
    if is_identified:
        if key is not None:
            raise UsageError(
                "--identified and --pseudonym-key contradict each other.",
                remedy="Leave one of them out.",
            )
        return None
    if key is not None:
        return pseudonyms_of(key, recording)
    open_archive(archive)
    own = archive / KEYS_NAME / PSEUDONYM_NAME
    if not own.exists():
        raise ConfigurationError(
            "There is no key to name the patient by in the recording.",
            expected=f"{own}, or --pseudonym-key FILE",
            actual=f"{archive} has none",
            remedy="Name the key where it is kept, or record the patient in clear: --identified.",
        )
    return pseudonyms_of(own, recording)
