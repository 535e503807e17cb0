"""What a person asks a run to do, as the command line understood it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class RunRequest:
    """One run over one source. Paths are as given; nothing has been opened yet.

    Without `rig_path` or `plan_path` the recording's own is used, and its own catalogue.
    `first` to `last` are frames counted from 0; those before are tracked and not written, unless
    `cold`. `all_parts`: `source` is the first part of a recording. `speed` is a multiple of the
    recording's pace where `realtime` is set.
    """

    source: str
    rig_path: Path | None
    plan_path: Path | None
    out_dir: Path
    catalogue_path: Path | None = None
    site_path: Path | None = None
    segmenter: Literal["onnx", "masks"] = "onnx"
    independent: bool = False
    save_masks: bool = False
    video: bool = True
    realtime: bool = False
    quiet: bool = False
    serve: bool = False
    first: int = 0
    last: int | None = None
    cold: bool = False
    all_parts: bool = False
    speed: float = 1.0
