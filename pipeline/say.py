"""How a running session tells a person a line."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]
