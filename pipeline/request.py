"""What a person asks a run to do, as the command line understood it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class RunRequest:
    """One run over one source. Paths are as given; nothing has been opened yet."""

    source: str
    rig_path: Path
    plan_path: Path
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
