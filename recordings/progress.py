"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[int, int | None], None]
"""Called with what is done and what there is in all (None: not known)."""


def unheard(_done: int, _total: int | None) -> None:
    """A `Report` that nobody hears."""
