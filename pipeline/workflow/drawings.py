"""What was drawn on the live picture, with undo and redo. Pure; every change is a new value."""

from __future__ import annotations

from dataclasses import dataclass

from tracking.drawn_area import DrawnArea
from tracking.outline import Outline

MAX_UNDO = 100


@dataclass(frozen=True, eq=False)
class Drawing:
    """One outline, who drew it, and where it lies on the bed; None: it is not placed."""

    name: str
    outline: Outline
    person: str
    placed: DrawnArea | None


Sheet = tuple[Drawing, ...]


@dataclass(frozen=True, eq=False)
class Drawings:
    """The present sheet, and those before and after it."""

    sheet: Sheet = ()
    undone: tuple[Sheet, ...] = ()
    before: tuple[Sheet, ...] = ()

    def drawn(self, drawing: Drawing) -> Drawings:
        """With one outline more, in place of one of its name."""
        kept = tuple(d for d in self.sheet if d.name != drawing.name)
        return self._changed((*kept, drawing))

    def cleared(self, name: str) -> Drawings:
        """Without the outline of that name; the same where there is none."""
        kept = tuple(d for d in self.sheet if d.name != name)
        return self if len(kept) == len(self.sheet) else self._changed(kept)

    def undo(self) -> Drawings:
        """As before the last change; the same where there is none."""
        if not self.before:
            return self
        return Drawings(self.before[-1], (self.sheet, *self.undone), self.before[:-1])

    def redo(self) -> Drawings:
        """As before the last undo; the same where there is none."""
        if not self.undone:
            return self
        return Drawings(self.undone[0], self.undone[1:], (*self.before, self.sheet))

    def _changed(self, sheet: Sheet) -> Drawings:
        return Drawings(sheet, (), (*self.before, self.sheet)[-MAX_UNDO:])
