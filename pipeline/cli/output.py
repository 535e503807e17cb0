"""What commands print on stdout: tables for people, JSON and TOML for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tracking.toml_text import TomlValue


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON document; times as ISO 8601, no NaN."""
    import json

    typer.echo(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False, default=_iso))


def print_toml(table: Mapping[str, TomlValue]) -> None:
    """Print `table` as TOML."""
    from tracking.toml_text import toml_text

    typer.echo(toml_text(table), nl=False)


def print_table(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None = None,
    folds_last: bool = False,
) -> None:
    """Print a table for people, as wide as the terminal, or as `width` columns.

    `folds_last`: a long last column goes on in further lines, and pushes no other out.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for k, name in enumerate(header, start=1):
        table.add_column(name, no_wrap=not (folds_last and k == len(header)), overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, width=width).print(table)


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
