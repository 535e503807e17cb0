"""TOML text into validated models: unknown keys, loose types and NaN are refused, none repaired.

Pure: text in, model out. Files are read by the layers above.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from datetime import date, datetime, time
from math import isfinite
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tracking.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SCHEMA_VERSION = 1
MAX_SHOWN_LENGTH = 60  # characters of a wrong value that a message repeats
NEAREST_CUTOFF = 0.6  # difflib ratio: lets a wrong unit or a swapped pair through, not noise

Text = Annotated[str, Field(min_length=1)]
Pair = Annotated[list[float], Field(min_length=2, max_length=2)]

_EXPECTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
    "datetime_type": "a date and time with its zone, such as 2026-01-01T08:00:00Z",
}


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
        Names the first problem in full and counts the others.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also integers and nesting beyond any use
        raise ConfigurationError(
            f"{what} is not valid TOML.",
            actual=str(error),
            remedy="Correct the line named above; text values need quotes.",
        ) from error
    _check_version(table, what)
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise _explain(error, model, what) from error


def nearest(word: str, known: Iterable[str], limit: int = 2) -> list[str]:
    """Return the known words that `word` was most likely meant to be, best first."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(word.casefold(), by_folded, limit, NEAREST_CUTOFF)
    return [by_folded[folded] for folded in found]


def _check_version(table: dict[str, object], what: str) -> None:
    version = table.get("schema")
    if isinstance(version, int) and not isinstance(version, bool) and version == SCHEMA_VERSION:
        return
    raise ConfigurationError(
        f"{what} does not say that it follows schema {SCHEMA_VERSION}."
        if version is None
        else f"{what} follows another schema than this software reads.",
        expected=f"schema = {SCHEMA_VERSION}",
        actual="no key schema" if version is None else f"schema = {_show(version)}",
        remedy=f"Start the file with schema = {SCHEMA_VERSION} if it was written for this software."
        if version is None
        else "Use a file of this version, or the software that the file was written for.",
    )


def _explain(error: ValidationError, model: type[BaseModel], what: str) -> ConfigurationError:
    problems = error.errors(include_url=False)
    # An unknown key comes first: a misspelt key is also reported as a missing one.
    first = min(problems, key=lambda problem: problem["type"] != "extra_forbidden")
    others = [_key(problem["loc"]) for problem in problems if problem is not first]
    also = f" Further problems: {', '.join(others)}." if others else ""
    key = _key(first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown_key(first, key, model, what, also)
    if first["type"] == "missing":
        return ConfigurationError(
            f"{what}: the key {key} is missing.",
            expected=_kind_at(model, first["loc"]),
            actual="no such key",
            remedy=f"Add {key}.{also}",
        )
    return ConfigurationError(
        f"{what}: the value of {key} cannot be used.",
        expected=_expected(first),
        actual=_show(first["input"]),
        remedy=f"Correct {key}.{also}",
    )


def _unknown_key(
    problem: ErrorDetails, key: str, model: type[BaseModel], what: str, also: str
) -> ConfigurationError:
    known = _known_keys(model, problem["loc"][:-1])
    close = nearest(str(problem["loc"][-1]), known, limit=1)
    remedy = f"Did you mean {close[0]}?" if close else "Remove it, or correct its name."
    return ConfigurationError(
        f"{what}: unknown key {key}.",
        expected=f"one of {', '.join(known)}" if known else "no key here",
        actual=str(problem["loc"][-1]),
        remedy=remedy + also,
    )


def _expected(problem: ErrorDetails) -> str:
    context = problem.get("ctx", {})
    if problem["type"] == "literal_error":
        return f"one of {context['expected']}"
    if problem["type"] in ("too_short", "too_long"):
        bound = context.get("min_length", context.get("max_length"))
        return f"{bound} elements"
    message = problem["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return _EXPECTED.get(problem["type"], message)


def _key(location: tuple[int | str, ...]) -> str:
    """Dotted path of a key; array positions in brackets."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _annotation_at(model: type[BaseModel], location: tuple[int | str, ...]) -> object:
    """Declared type of the key at `location`, None where the path leaves the models."""
    current: object = model
    for part in location:
        if isinstance(current, type) and issubclass(current, BaseModel):
            fields = {field.alias or name: field for name, field in current.model_fields.items()}
            found = fields.get(str(part))
            current = None if found is None else _without_none(found.annotation)
        elif get_origin(current) is dict:
            current = get_args(current)[1]
        else:
            return None
    return current


def _without_none(annotation: object) -> object:
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        return members[0] if len(members) == 1 else annotation
    return annotation


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    table = _annotation_at(model, location)
    if isinstance(table, type) and issubclass(table, BaseModel):
        return [field.alias or name for name, field in table.model_fields.items()]
    return []


def _kind_at(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    annotation = _annotation_at(model, location)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        keys = [f.alias or name for name, f in annotation.model_fields.items() if f.is_required()]
        return f"a table with {', '.join(keys)}" if keys else "a table"
    origin = get_origin(annotation) or annotation
    if origin is Literal:
        return "one of " + ", ".join(_show(value) for value in get_args(annotation))
    names = {float: "float", int: "int", str: "string", bool: "bool", datetime: "datetime"}
    names |= {list: "list", dict: "dict"}
    name = names.get(origin) if isinstance(origin, type) else None
    return _EXPECTED[f"{name}_type"] if name else "a value"


def _show(value: object) -> str:
    """A value as its file would write it, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, float) and not isfinite(value):
        text = str(value)
    elif isinstance(value, datetime | date | time):
        text = value.isoformat()
    else:
        text = repr(value)
    return text if len(text) <= MAX_SHOWN_LENGTH else text[: MAX_SHOWN_LENGTH - 3] + "..."
