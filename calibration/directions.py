"""Words for directions on the machine, from the rig's labels of head +x and +y."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_PAIRS = (
    ("right", "left"),
    ("back", "front"),
    ("backward", "forward"),
    ("backwards", "forwards"),
    ("up", "down"),
    ("cranial", "caudal"),
    ("head", "feet"),
    ("anterior", "posterior"),
    ("north", "south"),
    ("east", "west"),
    ("gantry", "couch"),
)
OPPOSITES: dict[str, str] = dict(_PAIRS) | {b: a for a, b in _PAIRS}


@dataclass(frozen=True)
class DirectionWords:
    """What people call the head's +x, -x, +y and -y."""

    plus_x: str
    minus_x: str
    plus_y: str
    minus_y: str

    def along_x(self, amount: float) -> str:
        """Word for the direction of a signed amount along head x."""
        return self.plus_x if amount >= 0 else self.minus_x

    def along_y(self, amount: float) -> str:
        """Word for the direction of a signed amount along head y."""
        return self.plus_y if amount >= 0 else self.minus_y

    @property
    def all(self) -> tuple[str, str, str, str]:
        """The four words."""
        return self.plus_x, self.minus_x, self.plus_y, self.minus_y

    @property
    def are_distinct(self) -> bool:
        """Whether no word stands for two directions, however it is spelt."""
        return len({word.strip().casefold() for word in self.all}) == len(self.all)


def direction_words(labels: Mapping[str, str]) -> DirectionWords:
    """Words of a rig's `labels`; without a label the axis itself is named."""
    plus_x, minus_x = _pair(labels.get("plus_x"), "+x", "-x")
    plus_y, minus_y = _pair(labels.get("plus_y"), "+y", "-y")
    return DirectionWords(plus_x, minus_x, plus_y, minus_y)


def _pair(word: str | None, plus: str, minus: str) -> tuple[str, str]:
    if word is None:
        return plus, minus
    return word, OPPOSITES.get(word.strip().lower(), f"away from {word}")
