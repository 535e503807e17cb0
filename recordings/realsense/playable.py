"""Make a RealSense file playable: as it is, or as a repaired copy of what is whole."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from recordings.realsense.bag_repair import write_repaired_bag
from recordings.realsense.bag_survey import survey_bag
from recordings.realsense.db3 import survey_db3, write_repaired_db3
from recordings.realsense.survey import Survey


@dataclass(frozen=True)
class Playable:
    """A file that the vendor's library can play, and what is known about it."""

    path: Path
    survey: Survey
    temporary: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove the repaired copy, if there is one; safe to call twice."""
        if self.temporary is not None:
            self.temporary.cleanup()


def make_playable(path: Path) -> Playable:
    """Look through the file and repair a copy where the vendor's library would fail.

    Raises
    ------
    OSError
        The file cannot be read, or there is no room for the copy.
    """
    bag = survey_bag(path) if path.suffix == ".bag" else None
    survey = survey_db3(path) if bag is None else bag.result()
    if survey.damage is None or survey.n_depth == 0:
        return Playable(path, survey)
    temporary = tempfile.TemporaryDirectory(prefix="repaired-recording-")
    repaired = Path(temporary.name) / f"repaired{path.suffix}"
    try:
        if bag is None:
            write_repaired_db3(path, repaired)
        else:
            write_repaired_bag(path, bag, repaired)
    except OSError:
        temporary.cleanup()
        raise
    return Playable(repaired, survey, temporary)
