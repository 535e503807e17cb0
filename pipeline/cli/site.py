"""`site check`, `site pin`: a site's rules and its registered persons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_toml
from tracking.errors import UsageError


def build() -> typer.Typer:
    """Return the group of commands."""
    group = typer.Typer(help="A site's rules and registered persons.", no_args_is_help=True)
    group.command("check")(check)
    group.command("pin")(pin)
    return group


def check(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="site.toml")],
    *,
    as_json: options.Json = False,
) -> None:
    """Check a site file and show it, without its PINs."""
    from pipeline.config.config_tables import site_table
    from pipeline.config.site_file import read_site

    checked = read_site(site)
    if as_json:
        print_json({"ids": {"site": checked.id}, "site": site_table(checked)})
        return
    print_toml({"ids": {"site": checked.id}, "site": site_table(checked)})
    without = [person.id for person in checked.persons if person.pin is None]
    if without:
        typer.echo(f"{site}: no PIN yet, so no signature: {', '.join(without)}", err=True)


def pin(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="As in [person.ID].")],
    *,
    site: Annotated[
        Path | None, typer.Option("--site", help="Check that this site.toml registers them.")
    ] = None,
    from_stdin: options.PinStdin = False,
) -> None:
    """Ask a person for a new PIN and print the line for their table in site.toml."""
    from pipeline.cli.pin_input import read_pin
    from pipeline.config.pin import new_verifier
    from pipeline.config.site_file import read_site
    from tracking.toml_text import toml_text

    if site is not None and person not in {p.id for p in read_site(site).persons}:
        raise UsageError(
            f"{site} does not register {person}.",
            expected=f"a table [person.{person}]",
            remedy="Register the person with name and role first.",
        )
    first = read_pin(f"New PIN of {person}: ", from_stdin=from_stdin)
    try:
        verifier = new_verifier(first)
    except ValueError as error:
        raise UsageError("This cannot be a PIN.", expected=str(error)) from error
    if not from_stdin and read_pin("The same again: ", from_stdin=False) != first:
        raise UsageError("The two PINs differ.", remedy="Start again.")
    typer.echo(toml_text({"pin": verifier.text}), nl=False)
    typer.echo(f"Put this line into [person.{person}] of site.toml.", err=True)
