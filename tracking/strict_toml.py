"""TOML text into validated models: unknown keys, loose types and NaN are refused, none repaired.

Pure: text in, model out. Files are read by the layers above.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tracking.errors import ConfigurationError
from tracking.toml_reading import load_toml
from tracking.toml_refusal import explain, shown

SCHEMA_VERSION = 1

Text = Annotated[str, Field(min_length=1)]
Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


class StrictTable(BaseModel):
    """A table of a configuration file: frozen, no unknown keys, no conversions, no NaN."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, populate_by_name=False
    )


class StrictFile(StrictTable):
    """The top level of a configuration file, which names its schema version."""

    schema_version: Literal[1] = Field(alias="schema")


FileT = TypeVar("FileT", bound=StrictFile)


def parse_toml(text: str, model: type[FileT], what: str) -> FileT:
    """Parse `text` and validate it as `model`.

    Parameters
    ----------
    what : str
        How messages name the file.

    Raises
    ------
    ConfigurationError
        Not TOML, another schema version, or any key unknown, missing or of the wrong kind.
        Names the first problem in full and the keys of the others.
    """
    try:
        table = load_toml(text)
    except ValueError as error:  # also integers and nesting beyond any use
        raise ConfigurationError(
            f"{what} is not valid TOML.",
            actual=str(error),
            remedy="Correct the line named above; text values need quotes.",
        ) from error
    _check_version(table, what)
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise explain(error, model, what) from error


def _check_version(table: dict[str, object], what: str) -> None:
    version = table.get("schema")
    if isinstance(version, int) and not isinstance(version, bool) and version == SCHEMA_VERSION:
        return
    raise ConfigurationError(
        f"{what} does not say that it follows schema {SCHEMA_VERSION}."
        if version is None
        else f"{what} follows another schema than this software reads.",
        expected=f"schema = {SCHEMA_VERSION}",
        actual="no key schema" if version is None else f"schema = {shown(version)}",
        remedy=f"Start the file with schema = {SCHEMA_VERSION} if it was written for this software."
        if version is None
        else "Use a file of this version, or the software that the file was written for.",
    )
