"""Camera intrinsics as JSON, and the limits that every number of a session keeps."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tracking.camera import CameraIntrinsics

MAX_SIDE_PX = 4096  # larger images exist in no supported camera: bounds every allocation
MAX_PIXELS = 6_000_000  # likewise: three times the largest picture of a RealSense camera

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Side = Annotated[int, Field(gt=0, le=MAX_SIDE_PX)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0, lt=2**63)]  # MCAP's stamps are unsigned


class StrictRecord(BaseModel):
    """A part of a session's JSON: frozen, no unknown keys, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class IntrinsicsRecord(StrictRecord):
    """`CameraIntrinsics` as JSON."""

    width: Side
    height: Side
    fx: Positive
    fy: Positive
    cx: float
    cy: float

    @model_validator(mode="after")
    def _is_no_bomb(self) -> Self:
        if self.width * self.height > MAX_PIXELS:
            raise ValueError(f"{self.width}x{self.height}, at most {MAX_PIXELS} pixels are read")
        return self

    @staticmethod
    def of(intrinsics: CameraIntrinsics) -> IntrinsicsRecord:
        """Take the values of a camera."""
        return IntrinsicsRecord(
            width=intrinsics.width,
            height=intrinsics.height,
            fx=intrinsics.fx,
            fy=intrinsics.fy,
            cx=intrinsics.cx,
            cy=intrinsics.cy,
        )

    def camera(self) -> CameraIntrinsics:
        """Return the camera; ValueError where its principal point lies outside the image."""
        return CameraIntrinsics(**self.model_dump())
