"""Patients of a recording as pseudonyms, so that everything in it still agrees.

A plan's id is made of its content, which names the patient: with the patient's pseudonym in the
plan its id changes too, and with it every place that names the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.audit.key_files import load_pseudonym_key
from pipeline.audit.pseudonym import pseudonym
from tracking.errors import ConfigurationError
from tracking.identities import Identities

ID_DIGITS = 12
KEY_ID_DIGITS = 8


@dataclass(eq=False)
class Pseudonyms:
    """Stands for one key; remembers which ids have become which.

    `is_done`: the patient is named by a pseudonym under this key already, and it stays.
    """

    key: bytes = field(repr=False)
    is_done: bool = False
    _ids: dict[str, str] = field(default_factory=dict, init=False)

    @property
    def key_id(self) -> str:
        """Tells keys apart, and tells nothing of one."""
        return pseudonym("which key", self.key)[:KEY_ID_DIGITS]

    def patient(self, patient_id: str) -> str:
        """The patient's pseudonym: the same patient has the same one under the same key."""
        return patient_id if self.is_done else pseudonym(patient_id, self.key)

    def learn(self, content_id: str, becomes: str) -> None:
        """Remember what the id of a text is now that the text has changed."""
        self._ids[content_id] = becomes

    def known(self, content_id: str) -> str:
        """The id of a text as it is recorded; one that no text changed stays."""
        return self._ids.get(content_id, content_id)

    def plan(self, content_id: str) -> str:
        """The id of a plan as it is recorded.

        That of a plan whose text is not known is made of the key: its digits come from a text
        with a patient in it, and would prove a guess.
        """
        made = f"{content_id.partition('@')[0]}@{pseudonym(content_id, self.key)[:ID_DIGITS]}"
        is_made = self.is_done or content_id in self._ids.values()
        return self.known(content_id) if is_made else self._ids.get(content_id, made)

    def identities(self, found: dict[str, str]) -> dict[str, str]:
        """`Identities` by name, as they are recorded."""
        whole = Identities(**found)
        return {
            **found,
            "plan": self.plan(whole.plan),
            "patient": self.patient(whole.patient),
            "rig": self.known(whole.rig),
        }


def pseudonyms_of(key: Path, recording: Path) -> Pseudonyms:
    """Read the key for a recording that is to be written.

    Raises
    ------
    ConfigurationError
        The key is missing, others may read it, it is none, or it lies in the recording's folder or
        in one directly below.
    """
    secret = load_pseudonym_key(key)
    folder = recording.resolve().parent
    if folder in (key.resolve().parent, key.resolve().parent.parent):
        raise ConfigurationError(
            f"The key for pseudonyms {key}: lies beside the recording.",
            expected="a key that is kept apart",
            actual=f"both in {folder}",
            remedy="Whoever is handed that folder could tell the patients: move the key elsewhere.",
        )
    return Pseudonyms(secret)
