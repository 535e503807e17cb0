"""The base of everything that is read from a model's manifest."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """Frozen; unknown keys and values of another type are refused, nothing is converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
