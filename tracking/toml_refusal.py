"""Turns what a model refuses into a message: which key, what was expected, what is there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date, datetime, time
from math import isfinite
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tracking.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_SHOWN_LENGTH = 60  # characters of a wrong value that a message repeats
NEAREST_CUTOFF = 0.6  # difflib ratio: lets a wrong unit or a swapped pair through, not noise

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


def explain(error: ValidationError, model: type[BaseModel], what: str) -> ConfigurationError:
    """Tell the first problem of a refused file in full, and the others by their keys."""
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
        actual=shown(first["input"]),
        remedy=f"Correct {key}.{also}",
    )


def nearest(word: str, known: Iterable[str], limit: int = 2) -> list[str]:
    """Return the known words that `word` was most likely meant to be, best first."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(word.casefold(), by_folded, limit, NEAREST_CUTOFF)
    return [by_folded[folded] for folded in found]


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
        return "one of " + ", ".join(shown(value) for value in get_args(annotation))
    names = {float: "float", int: "int", str: "string", bool: "bool", datetime: "datetime"}
    names |= {list: "list", dict: "dict"}
    name = names.get(origin) if isinstance(origin, type) else None
    return _EXPECTED[f"{name}_type"] if name else "a value"


def shown(value: object) -> str:
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
