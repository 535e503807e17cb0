"""What of a live session is recorded: colour and patient as far as they were asked for.

The session itself knows both in clear, and decides on all of its colour.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from pydantic import ValidationError

from pipeline.config.load import RunConfig
from pipeline.config.plan_file import parse_plan
from pipeline.privacy.colour import with_colour
from pipeline.privacy.names import Colour
from pipeline.privacy.note import PSEUDONYM, Privacy
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.texts import plan_without_patient, with_ids
from pipeline.recorder.around import AroundRecord
from pipeline.sinks.sink import FrameResult
from tracking.errors import FaultError, SourceError
from tracking.frame import LiveNotes, SourceFrame


@dataclass(frozen=True, eq=False)
class Veil:
    """Stands between the session and its recorder; by default it hides nothing."""

    colour: Colour = Colour.KEEP
    pseudonyms: Pseudonyms | None = None

    @property
    def privacy(self) -> Privacy:
        """As the recording's header says it."""
        names = self.pseudonyms
        if names is None:
            return Privacy(self.colour)
        return Privacy(self.colour, PSEUDONYM, names.key_id)

    @property
    def shows_colour(self) -> bool:
        """Whether the colour that is decided on is what is recorded."""
        return self.colour is Colour.KEEP

    def config(self, config: RunConfig) -> RunConfig:
        """The configuration as the recording carries it, its plan with an id of its own.

        Raises
        ------
        FaultError
            A replay would not decide by the same plan.
        """
        names = self.pseudonyms
        if names is None:
            return config
        text = plan_without_patient(config.texts["plan"], names)
        plan = parse_plan(text, "the plan to record")
        expected = replace(
            config.plan,
            id=plan.id,
            patient_id=plan.patient_id,
            origin=None,
            area_at_risk_patient=None,
        )
        if plan != expected:
            raise FaultError(
                "The plan changes where its patient is replaced.",
                remedy="Record without --pseudonym-key, and report this.",
            )
        return replace(config, plan=plan, texts={**config.texts, "plan": text})

    def learn(self, plan_text: str) -> None:
        """Know a revision of the plan, which will be named by its id."""
        if self.pseudonyms is not None:
            plan_without_patient(plan_text, self.pseudonyms)

    def frame(self, result: FrameResult) -> SourceFrame:
        """The frame with as much colour as is recorded; the cone is where the session saw it."""
        labels = result.segmentation.labels
        return with_colour(result.source_frame, self.colour, lambda _frame: labels)

    def notes(self, notes: LiveNotes) -> LiveNotes:
        """What was handed to the kernel and what it decided, about the pseudonym."""
        return notes if self.pseudonyms is None else pseudonymous(notes, self.pseudonyms)


def pseudonymous(notes: LiveNotes, names: Pseudonyms) -> LiveNotes:
    """The notes with patients and plans as they are named in the recording.

    Raises
    ------
    SourceError
        They are none of this software: nobody knows what they say.
    """
    try:
        around = AroundRecord.model_validate_json(notes.around)
        record = json.loads(notes.record)
        record["ids"] = with_ids(record["ids"], names)
        confirmed, revision = around.confirmed, around.revision
        if revision is not None:
            plan = plan_without_patient(revision.plan, names)
            base = names.plan(revision.base_plan)
            revision = revision.model_copy(update={"plan": plan, "base_plan": base})
        told = around.model_copy(
            update={
                "confirmed": None if confirmed is None else names.identities(confirmed),
                "revision": revision,
            }
        )
        recorded = json.dumps(record, allow_nan=False, ensure_ascii=False)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            "What the recording keeps of its live session cannot be read.",
            expected="as a live session writes it",
            actual=str(error).splitlines()[0],
        ) from error
    return LiveNotes(told.model_dump_json(), recorded)
