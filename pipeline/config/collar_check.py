"""The collars of one catalogue against each other: a code must name one applicator."""

from __future__ import annotations

from collections.abc import Mapping

from tracking.applicator import Applicator
from tracking.errors import ConfigurationError


def check_collars(applicators: Mapping[str, Applicator], what: str) -> None:
    """Refuse a catalogue in which two collars share an id, or use different dictionaries.

    Codes of different dictionaries can look alike, so a catalogue keeps to one.

    Raises
    ------
    ConfigurationError
        Names both applicators.
    """
    owners: dict[int, str] = {}
    first: Applicator | None = None
    for name, applicator in applicators.items():
        collar = applicator.collar
        if collar is None:
            continue
        first = first or applicator
        if first.collar is not None and collar.dictionary != first.collar.dictionary:
            raise ConfigurationError(
                f"{what}: the collars of {first.id} and {name} use different dictionaries.",
                expected=f"{first.collar.dictionary} for every collar",
                actual=collar.dictionary,
                remedy="Give every collar of the catalogue the same dictionary, and print anew.",
            )
        shared = [i for i in collar.ids if i in owners]
        if shared:
            raise ConfigurationError(
                f"{what}: the collars of {owners[shared[0]]} and {name} wear the same code.",
                expected="ids that belong to one applicator alone",
                actual=f"id {shared[0]} in both",
                remedy=f"Give {name} a first_id from {max(owners) + 1} on, and print its collar.",
            )
        owners.update(dict.fromkeys(collar.ids, name))
