"""The comparison as one self-contained page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.diff.compare import RunDiff


@dataclass(frozen=True)
class Entry:
    """One session of the page; `diff` None: only one side has it, or one cannot be read."""

    name: str
    diff: RunDiff | None
    only_a: bool = False
    png: bytes = b""
    failure: str = ""

    @property
    def picture(self) -> str:
        """The picture for an `img`; "" for none."""
        return f"data:image/png;base64,{b64encode(self.png).decode()}" if self.png else ""


def page(a: str, b: str, entries: Sequence[Entry]) -> str:
    """Return the HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(a=a, b=b, entries=entries)
