"""What a weights file is: read and checked before a single byte of it is used."""

from __future__ import annotations

import hashlib
import json
import stat
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from models.doubt import DoubtModel
from models.features import CANVAS, CHANNELS, FEATURES
from models.folded_logits import BLOCK
from models.known_answer import KnownAnswer
from models.plane_loops import FOLD
from models.strict import StrictModel
from tracking.errors import ConfigurationError
from tracking.segmentation import Label

CLASSES = tuple(label.name.lower() for label in sorted(Label))
REMEDY = "restore the weights folder from a release, or export the model again"
MAX_WEIGHTS_BYTES: Final = 15_000_000  # ours take 1 to 5 MB; parsing costs 70 times the size
MAX_MANIFEST_BYTES: Final = 100_000  # ours take 6 kB, most of it the known answer


class InputContract(StrictModel):
    """What the network takes: bytes that the function `features` makes of a canvas (pixels)."""

    name: str
    features: str
    channels: tuple[str, ...]
    height: Annotated[int, Field(gt=0)]
    width: Annotated[int, Field(gt=0)]


class Thresholds(StrictModel):
    """Below either, no applicator is reported: a few stray pixels are not one."""

    applicator_min_fraction: Annotated[float, Field(ge=0.0, le=1.0)]  # of the image
    applicator_min_confidence: Annotated[float, Field(ge=0.0, le=1.0)]  # mean over its pixels


class ManifestDraft(StrictModel):
    """Identity, contract and thresholds of one model: all that can be said before it is run."""

    schema_version: Annotated[Literal[5], Field(alias="schema")]
    name: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]  # part of every record
    file: Annotated[str, Field(pattern=r"^[\w.-]+\.onnx$")]  # beside the manifest, never elsewhere
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    opset: int
    training_id: str
    licence: str
    input: InputContract
    output: str
    classes: tuple[str, ...]
    thresholds: Thresholds

    @cached_property
    def model_id(self) -> str:
        """Name and hash, as records carry it: of the weights' hash and of all else that is here.

        Other thresholds or another doubt find other labels in the same frame: another model.
        """
        content = self.model_dump(mode="json", by_alias=True)
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
        return f"{self.name}-{digest.hexdigest()[:12]}"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """Of the only input, one frame at a time: `FOLD`^2 pixels' channels in each place."""
        n_bytes = len(self.input.channels) * FOLD**2
        return 1, self.input.height // FOLD, self.input.width // FOLD, n_bytes

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of the blocks of pixels that the network answers for."""
        return self.input.height // BLOCK, self.input.width // BLOCK

    @property
    def output_shape(self) -> tuple[int, int]:
        """Of what the network gives: logits of `BLOCK`^2 pixels, place by place, row by row."""
        n_rows, n_columns = self.places
        return n_rows * n_columns, len(self.classes) * BLOCK**2


class Manifest(ManifestDraft):
    """A draft with the answer that the exported model gave.

    `doubt` is written by the calibration after the export; without it no label is believed.
    """

    known_answer: KnownAnswer
    doubt: DoubtModel | None = None


def parse_manifest(text: str) -> Manifest:
    """Parse a manifest's JSON; raises pydantic's ValidationError."""
    return Manifest.model_validate_json(text)


def manifest_text(manifest: Manifest) -> str:
    """Write a manifest as the JSON that `parse_manifest` reads."""
    return json.dumps(manifest.model_dump(mode="json", by_alias=True), indent=2) + "\n"


def read_manifest(path: Path) -> Manifest:
    """Read a manifest and hold it against what this program computes.

    Raises
    ------
    ConfigurationError
        Missing, malformed, or made for other input planes or classes.
    """
    content = _read_capped(path, "manifest", MAX_MANIFEST_BYTES)
    try:
        manifest = parse_manifest(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"the model manifest {path.name} is no text", actual=str(error), remedy=REMEDY
        ) from error
    except ValidationError as error:
        raise ConfigurationError(
            f"the model manifest {path.name} is malformed", actual=str(error), remedy=REMEDY
        ) from error
    _check("input planes", FEATURES, manifest.input.features)
    _check("input channels", CHANNELS, manifest.input.channels)
    _check("input size", CANVAS, (manifest.input.height, manifest.input.width))
    _check("classes", CLASSES, manifest.classes)
    return manifest


def _check(what: str, expected: object, actual: object) -> None:
    if expected != actual:
        raise ConfigurationError(
            f"the model was made for other {what}",
            expected=str(expected),
            actual=str(actual),
            remedy=REMEDY,
        )


def read_weights(manifest_path: Path, manifest: Manifest) -> bytes:
    """Return the weights' bytes after checking them against the manifest's hash.

    The caller hands these very bytes to the runtime: the file is not opened again.

    Raises
    ------
    ConfigurationError
        Missing, too large, or not the bytes that the manifest names.
    """
    path = manifest_path.with_name(manifest.file)
    weights = _read_capped(path, "weights", MAX_WEIGHTS_BYTES)
    digest = hashlib.sha256(weights).hexdigest()
    if digest != manifest.sha256:
        raise ConfigurationError(
            f"the model weights {path.name} are not those that the manifest names",
            expected=f"sha256 {manifest.sha256}",
            actual=f"sha256 {digest} ({len(weights)} bytes)",
            remedy=REMEDY,
        )
    return weights


def _read_capped(path: Path, kind: str, max_bytes: int) -> bytes:
    """Read a plain file once; its size is known to be sane before its first byte is read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ConfigurationError(
                f"cannot read the model {kind} {path.name}: it is no plain file", remedy=REMEDY
            )
        n_bytes, content = status.st_size, b""
        if n_bytes <= max_bytes:
            with path.open("rb") as file:
                content = file.read(max_bytes + 1)  # it may have grown since
            n_bytes = len(content)
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the model {kind} {path.name}", actual=str(error), remedy=REMEDY
        ) from error
    if n_bytes > max_bytes:
        raise ConfigurationError(
            f"the model {kind} {path.name} is too large to be ours",
            expected=f"at most {max_bytes} bytes",
            actual=f"{n_bytes} bytes",
            remedy=REMEDY,
        )
    return content
