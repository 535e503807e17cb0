"""`[depth]` of `rig.toml`: one noise model or the other, never a mixture of their keys."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import ConfigDict

from calibration.depth_calibration_table import DepthCalibrationTable
from tracking.depth_noise import DepthDomainNoise, DepthNoise, StereoNoise
from tracking.errors import ConfigurationError
from tracking.strict_toml import StrictTable

# The keys of one model beside those of both, and what a required one looks like.
KEYS = {"stereo": ("baseline_mm", "subpixel_px", "focal_px"), "depth": ("sigma_mm",)}
EXAMPLES = {
    "baseline_mm": "a number, such as baseline_mm = 50.0: between the two imagers",
    "subpixel_px": "a number, such as subpixel_px = 0.08: 1-sigma of the disparity",
    "sigma_mm": "an array, such as sigma_mm = [0.5, 0.001]: 1-sigma of the depth z, c0 + c1 z",
}

ValueT = TypeVar("ValueT")


class DepthTable(StrictTable):
    """`[depth]` as written; `depth_noise` says which keys go together.

    NaN passes the schema here: as a calibration's value it is exit 4, with its own message.
    """

    model_config = ConfigDict(allow_inf_nan=True)

    model: Literal["stereo", "depth"] = "stereo"
    baseline_mm: float | None = None
    focal_px: float | None = None
    subpixel_px: float | None = None
    sigma_mm: list[float] | None = None
    correlation_px: float
    bias_mm: list[float]
    calibration: DepthCalibrationTable | None = None


def depth_noise(table: DepthTable, what: str) -> DepthNoise:
    """Return the noise model that the table describes; `what` names the file in messages.

    Raises
    ------
    ConfigurationError
        A key of the other model is given, or one of this model's is missing.
    ValueError
        Its numbers cannot be a calibration.
    """
    written = f'model = "{table.model}"'
    if "model" not in table.model_fields_set:
        written += " (the default, as model is not given)"
    _refuse_foreign_keys(table, written, what)
    bias_mm = tuple(table.bias_mm)
    if table.model == "depth":
        sigma_mm = _given(table.sigma_mm, "sigma_mm", written, what)
        return DepthDomainNoise(tuple(sigma_mm), table.correlation_px, bias_mm)
    return StereoNoise(
        baseline_mm=_given(table.baseline_mm, "baseline_mm", written, what),
        subpixel_px=_given(table.subpixel_px, "subpixel_px", written, what),
        correlation_px=table.correlation_px,
        bias_mm=bias_mm,
        focal_px=table.focal_px,
    )


def _refuse_foreign_keys(table: DepthTable, written: str, what: str) -> None:
    for model, keys in KEYS.items():
        foreign = [key for key in keys if getattr(table, key) is not None]
        if model != table.model and foreign:
            raise ConfigurationError(
                f"{what}: depth.{foreign[0]} belongs to another noise model.",
                expected=f"{', '.join(KEYS[table.model])}, with {written}",
                actual=", ".join(foreign),
                remedy=f'Remove {", ".join(foreign)}, or set depth.model = "{model}".',
            )


def _given(value: ValueT | None, key: str, written: str, what: str) -> ValueT:
    if value is None:
        raise ConfigurationError(
            f"{what}: the key depth.{key} is missing.",
            expected=EXAMPLES[key],
            actual=f"no such key, with {written}",
            remedy=f"Add depth.{key}.",
        )
    return value
