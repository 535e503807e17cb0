"""Typed access to a DICOM data set: a value is what its attribute allows, or it is refused by name.

A message names attribute, tag and place. It shows numbers and codes, and no free text that could
hold a patient's name.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Sequence
from math import isfinite
from typing import NoReturn

from pydicom.datadict import dictionary_description, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue

from tracking.errors import ConfigurationError

# What the library raises on values that are none; damaged files showed several kinds.
UNREADABLE = (
    *(ValueError, TypeError, AttributeError, OverflowError, NotImplementedError, RecursionError),
    *(KeyError, IndexError, OSError, EOFError, struct.error, BytesLengthException),
)
FIX_IN_PLANNING = "Correct it in the planning system and export the file again."


def describe(keyword: str) -> str:
    """`Gantry Angle (300A,011E)`."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return f"{dictionary_description(tag)} ({tag >> 16:04X},{tag & 0xFFFF:04X})"


class Attributes:
    """One data set or item of a sequence; `where` names it in messages."""

    def __init__(self, dataset: Dataset, where: str) -> None:
        self._dataset = dataset
        self.where = where

    def refuse(self, keyword: str, expected: str, actual: str) -> NoReturn:
        """Raise ConfigurationError about one attribute."""
        raise ConfigurationError(
            f"{self.where}: {describe(keyword)} cannot be used.",
            expected=expected,
            actual=actual,
            remedy=FIX_IN_PLANNING,
        )

    def has(self, keyword: str) -> bool:
        """Whether the attribute is there and not empty."""
        return self._value(keyword) is not None

    def text(self, keyword: str) -> str:
        """One text that must be there."""
        found = self.optional_text(keyword)
        if found is None:
            self.refuse(keyword, "a value", "none")
        return found

    def optional_text(self, keyword: str) -> str | None:
        """One text; None where there is none."""
        value = self._single(keyword)
        if value is None:
            return None
        text = str(value).strip(" \0")
        return text or None

    def number(self, keyword: str) -> float:
        """One finite number that must be there."""
        found = self.optional_number(keyword)
        if found is None:
            self.refuse(keyword, "a number", "none")
        return found

    def optional_number(self, keyword: str) -> float | None:
        """One finite number; None where there is none."""
        value = self._single(keyword)
        return None if value is None else self._number(keyword, value)

    def whole(self, keyword: str) -> int:
        """One whole number that must be there."""
        number = self.number(keyword)
        if number != int(number):
            self.refuse(keyword, "a whole number", f"{number:g}")
        return int(number)

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """All its numbers; empty where there is none."""
        value = self._value(keyword)
        if value is None:
            return ()
        values: Sequence[object] = value if isinstance(value, MultiValue) else [value]
        return tuple(self._number(keyword, element) for element in values)

    def items(self, keyword: str) -> tuple[Attributes, ...]:
        """Items of a sequence; empty where there is none."""
        value = self._value(keyword)
        if value is None:
            return ()
        if not isinstance(value, Sequence) or not all(isinstance(i, Dataset) for i in value):
            self.refuse(keyword, "a sequence", "something else")
        name = describe(keyword).rpartition(" (")[0]
        return tuple(
            Attributes(item, f"{self.where}, {name} item {position}")
            for position, item in enumerate(value, start=1)
        )

    def _single(self, keyword: str) -> object:
        value = self._value(keyword)
        if isinstance(value, MultiValue):
            self.refuse(keyword, "one value", f"{len(value)} values")
        return value

    def _value(self, keyword: str) -> object:
        """The value as the library converts it; None where it is missing or empty."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what cannot be converted raises
                value = self._dataset.get(keyword)
        except UNREADABLE as error:
            raise ConfigurationError(
                f"{self.where}: {describe(keyword)} cannot be read.",
                expected="a value of its type",
                actual=type(error).__name__,
                remedy=FIX_IN_PLANNING,
            ) from error
        return None if isinstance(value, Sequence) and not len(value) else value

    def _number(self, keyword: str, value: object) -> float:
        try:
            number = float(str(value))
        except ValueError:
            self.refuse(keyword, "a number", "no number")
        if not isfinite(number):
            self.refuse(keyword, "a finite number", str(number))
        return number
