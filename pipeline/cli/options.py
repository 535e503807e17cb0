"""Arguments and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.privacy.names import Colour
from recordings.session.part_limit import LIMIT_BYTES

if TYPE_CHECKING:
    from models.loading import SegmenterKind

ARCHIVE_DIR = Path("runs/archive")
BYTES_PER_MB = 1_000_000
LARGEST_PART_MB = LIMIT_BYTES // BYTES_PER_MB


class SegmenterName(StrEnum):
    """What labels the pixels."""

    ONNX = "onnx"
    MASKS = "masks"

    @property
    def kind(self) -> SegmenterKind:
        """As the loader calls it."""
        return "onnx" if self is SegmenterName.ONNX else "masks"


Segmenter = Annotated[
    SegmenterName,
    typer.Option("--segmenter", help="The network, or label images that the source stores."),
]
Rig = Annotated[Path, typer.Option("--rig", help="Rig calibration (rig.toml).")]
Plan = Annotated[Path, typer.Option("--plan", help="Treatment plan (plan.toml).")]
SessionRig = Annotated[
    Path | None, typer.Option("--rig", help="Rig calibration; default: the session's own.")
]
SessionPlan = Annotated[
    Path | None, typer.Option("--plan", help="Treatment plan; default: the session's own.")
]
Site = Annotated[
    Path | None, typer.Option("--site", help="Site rules (site.toml) that the plan must keep.")
]
Catalogue = Annotated[
    Path | None,
    typer.Option("--catalogue", help="Applicator catalogue; default: the built-in one."),
]
SessionCatalogue = Annotated[
    Path | None,
    typer.Option(
        "--catalogue",
        help="Applicator catalogue; default: the session's own, or else the built-in one.",
    ),
]
RecordColour = Annotated[
    Colour,
    typer.Option(
        "--colour",
        help="Record it, crop it to the cone, or leave it out; other than keep, a replay sees less "
        "than the session did, and says so.",
    ),
]
PseudonymKey = Annotated[
    Path | None,
    typer.Option(
        "--pseudonym-key",
        metavar="FILE",
        help="A patient is recorded as a pseudonym under this key, which is kept apart: "
        "pseudonym_key.hex of `sessions audit key`, mode 0600; default: the archive's.",
    ),
]
Identified = Annotated[
    bool, typer.Option("--identified", help="Record the patient's id in clear instead.")
]
PartMb = Annotated[
    int,
    typer.Option(
        "--part-mb",
        min=1,
        max=LARGEST_PART_MB,
        metavar="MB",
        help="Begin the next file, NAME.part002.mcap, before one is larger; below 5 GB always.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
QaStore = Annotated[
    str | None,
    typer.Option(
        "--qa-store",
        metavar="PLACE",
        help="Folder, sqlite:///FILE or postgresql:// URL of the QA history; default: the site's, "
        "else runs/qa.",
    ),
]
PinStdin = Annotated[
    bool, typer.Option("--pin-stdin", help="Read the PIN as the first line of stdin (scripts).")
]
Serve = Annotated[
    bool,
    typer.Option(
        "--serve",
        help="Show it on the display: prints its address; a recording plays at its own pace.",
    ),
]
Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help=".mcap session, RealSense .db3 or .bag, BOP folder, sim:SCENARIO, or "
        " realsense[:SERIAL]",
    ),
]
