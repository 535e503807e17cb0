"""The catalogue that belongs to a simulated session whose cone wears a collar.

A session without a collar needs none: its cone is the catalogue's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from recordings.source import CATALOGUE_TEXT
from tracking.applicator import Applicator


def collared_catalogue(
    applicator: Applicator, applicators: Mapping[str, Applicator]
) -> tuple[tuple[str, str], ...]:
    """Name and text of the file: the machine's parametric cones, one of them with its collar."""
    if applicator.collar is None:
        return ()
    peers = [a for a in applicators.values() if a.machine == applicator.machine]
    entries = [_entry(applicator if a.id == applicator.id else a) for a in peers if not a.mesh_path]
    head = "# Catalogue of a simulated session: one of its cones wears a collar.\nschema = 1\n"
    return ((CATALOGUE_TEXT, head + "".join(entries)),)


def _entry(applicator: Applicator) -> str:
    lines = [f"\n[applicator.{applicator.id}]"]
    for name, value in asdict(applicator).items():
        if name not in ("id", "mesh_path", "collar") and value is not None:
            lines.append(_line(name, value))
    lines.append('mesh = ""')
    if applicator.collar is not None:
        lines.append(f"[applicator.{applicator.id}.collar]")
        lines += [_line(name, value) for name, value in asdict(applicator.collar).items()]
    return "\n".join(lines) + "\n"


def _line(name: str, value: str | float) -> str:
    return f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value!r}"
