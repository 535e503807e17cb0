"""What commands print on stdout: tables for people, JSON and TOML for machines.

Cells are data: none can colour a table, break its lines or steer the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tracking.toml_text import TomlValue


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON document; times as ISO 8601, no NaN, bytes that are not UTF-8 escaped."""
    import json

    text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False, default=_iso)
    typer.echo(text.encode("utf-8", "backslashreplace").decode())


def print_toml(table: Mapping[str, TomlValue]) -> None:
    """Print `table` as TOML."""
    from tracking.toml_text import toml_text

    typer.echo(toml_text(table), nl=False)


def shown(text: str) -> str:
    """The text on one line as it is read: control and other invisible characters escaped."""
    from recordings.naming import printable

    return "".join(
        c if c == " " or c.isprintable() else c.encode("unicode_escape").decode("ascii")
        for c in printable(text)
    )


def print_table(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None = None,
    folds_last: bool = False,
) -> None:
    """Print a table for people, as wide as the terminal, or as `width` columns; texts literally.

    `folds_last`: a long last column goes on in further lines, and pushes no other out.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    heading = Text(shown(title), style="table.title")
    table = Table(title=heading, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for k, name in enumerate(header, start=1):
        folds = folds_last and k == len(header)
        table.add_column(Text(shown(name)), no_wrap=not folds, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    Console(highlight=False, width=width).print(table)


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
