"""What a weights file is: read and checked before a single byte of it is used."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.features import CANVAS, CHANNELS, FEATURES
from tracking.errors import ConfigurationError
from tracking.segmentation import Label

CLASSES = tuple(label.name.lower() for label in sorted(Label))
REMEDY = "restore the weights folder from a release, or export the model again"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class InputContract(_Strict):
    """The tensor that the network takes: `features` names the function that builds it."""

    name: str
    features: str
    channels: tuple[str, ...]
    height: Annotated[int, Field(gt=0)]
    width: Annotated[int, Field(gt=0)]


class Thresholds(_Strict):
    """Below either, no applicator is reported: a few stray pixels are not one."""

    applicator_min_fraction: Annotated[float, Field(ge=0.0, le=1.0)]  # of the image
    applicator_min_confidence: Annotated[float, Field(ge=0.0, le=1.0)]  # mean over its pixels


class Manifest(_Strict):
    """Identity, contract and thresholds of one exported model."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    name: str
    file: Annotated[str, Field(pattern=r"^[\w.-]+\.onnx$")]  # beside the manifest, never elsewhere
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    opset: int
    training_id: str
    licence: str
    input: InputContract
    output: str
    classes: tuple[str, ...]
    thresholds: Thresholds

    @property
    def model_id(self) -> str:
        """Name and content hash, as records carry it."""
        return f"{self.name}-{self.sha256[:12]}"


def parse_manifest(text: str) -> Manifest:
    """Parse a manifest's JSON; raises pydantic's ValidationError."""
    return Manifest.model_validate_json(text)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest and hold it against what this program computes.

    Raises
    ------
    ConfigurationError
        Missing, malformed, or made for other input planes or classes.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"cannot read the model manifest {path.name}", actual=str(error), remedy=REMEDY
        ) from error
    try:
        manifest = parse_manifest(text)
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
        Missing, or not the bytes that the manifest names.
    """
    path = manifest_path.with_name(manifest.file)
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the model weights {path.name}", actual=str(error), remedy=REMEDY
        ) from error
    digest = hashlib.sha256(weights).hexdigest()
    if digest != manifest.sha256:
        raise ConfigurationError(
            f"the model weights {path.name} are not those that the manifest names",
            expected=f"sha256 {manifest.sha256}",
            actual=f"sha256 {digest} ({len(weights)} bytes)",
            remedy=REMEDY,
        )
    return weights
