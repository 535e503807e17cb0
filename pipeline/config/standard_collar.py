"""A collar for an applicator whose catalogue entry has none: what fits, with codes of its own.

The same catalogue gives the same collars, and no two of them share a code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import floor, pi

from pipeline.config.collar_check import MIN_MODULE_MM
from tracking.applicator import Applicator
from tracking.collar import MIN_MARKERS, MIN_QUIET_MODULES, Collar
from tracking.collar_codes import N_QUIET, Dictionary, n_codes, n_modules
from tracking.errors import ConfigurationError
from tracking.toml_text import TomlValue, table_lines, toml_text

DICTIONARY: Dictionary = "4x4_1000"  # fewest modules a side, most codes
N_OUTER, N_TOP = 16, 8  # where codes abound: as the simulated sessions wear
MODULE_MM, TOP_MODULE_MM = 2.5, 3.0  # larger ones leave room for fewer
STEP_MM = 0.1
# Of a tube without ring, what a head that docks hard may cover: an assumption, said with the sheet.
HARD_DOCKING_MM = 40.0


def standard_collar(applicator: Applicator, catalogue: Mapping[str, Applicator]) -> Collar:
    """Choose a collar for `applicator`, an entry of `catalogue` that has none.

    Raises
    ------
    ConfigurationError
        No collar whose codes can be read from 0.8 m fits, or no codes are left.
    """
    dictionary = _dictionary(catalogue)
    n_ids = min(N_OUTER + N_TOP, n_codes(dictionary) // len(catalogue))
    first_id = _first_ids(catalogue, dictionary, n_ids).get(applicator.id)
    if first_id is None or n_ids < MIN_MARKERS:
        raise ConfigurationError(
            f"No codes are left for a collar of the applicator {applicator.id}.",
            expected=f"{MIN_MARKERS} ids at least, of {n_codes(dictionary)} in {dictionary}",
            actual=f"{len(catalogue)} applicators share them",
            remedy="Take applicators that are not used out of your site's catalogue (--catalogue).",
        )
    for collar in _candidates(applicator, dictionary, first_id, n_ids):
        try:
            return _worn(applicator, collar)
        except ValueError:
            continue
    raise ConfigurationError(
        f"No collar fits on the applicator {applicator.id}.",
        expected=f"room for {MIN_MARKERS} codes of {MIN_MODULE_MM:.2f} mm a module at least, "
        "which can be read from 0.8 m",
        actual=f"ring {applicator.ring_diameter_mm:g} x {applicator.ring_height_mm:g} mm"
        if applicator.has_ring
        else f"no ring, and a tube of {applicator.outer_diameter_mm:g} mm",
        remedy="Fit a wider or higher ring or sleeve that carries it, and catalogue that.",
    )


def collar_toml(applicator_id: str, collar: Collar) -> str:
    """`[applicator.ID.collar]` as a catalogue takes it; defaults are left out."""
    table: dict[str, TomlValue] = {
        "dictionary": collar.dictionary,
        "first_id": collar.first_id,
        "n_outer": collar.n_outer,
        "module_mm": collar.module_mm,
    }
    if collar.n_top:
        table.update(n_top=collar.n_top, top_module_mm=collar.top_module_mm)
    if collar.below_top_mm:
        table.update(below_top_mm=collar.below_top_mm)
    header = toml_text({"applicator": {applicator_id: {}}}).strip().removesuffix("]")
    return "\n".join([f"{header}.collar]", *table_lines(table)]) + "\n"


def _dictionary(catalogue: Mapping[str, Applicator]) -> Dictionary:
    """That of the collars which the catalogue holds: it keeps to one."""
    worn = (a.collar.dictionary for a in catalogue.values() if a.collar is not None)
    return next(worn, DICTIONARY)


def _first_ids(
    catalogue: Mapping[str, Applicator], dictionary: Dictionary, n_ids: int
) -> dict[str, int]:
    """A block of ids for every entry without a collar.

    By its place in the alphabet of all entries, so that collars which enter the catalogue later
    move nobody's codes; where a catalogued collar lies there, the next block that nobody has.
    """
    if n_ids < 1:
        return {}
    used = {i for a in catalogue.values() if a.collar is not None for i in a.collar.ids}
    blocks = range(n_codes(dictionary) // n_ids)
    free = [b for b in blocks if used.isdisjoint(range(b * n_ids, (b + 1) * n_ids))]
    names = sorted(catalogue)
    bare = [name for name in names if catalogue[name].collar is None]
    own = {name: names.index(name) for name in bare if names.index(name) in free}
    spare = iter(b for b in free if b not in own.values())
    for name in bare:
        if name not in own and (block := next(spare, None)) is not None:
            own[name] = block
    return {name: block * n_ids for name, block in own.items()}


def _candidates(
    applicator: Applicator, dictionary: Dictionary, first_id: int, n_ids: int
) -> Iterator[Collar]:
    """Best first: with a disc, then without; both rows as large as they go."""
    module_mm = _module_mm(applicator, dictionary)
    if module_mm < MIN_MODULE_MM:
        return
    n_top = min(N_TOP, n_ids // 3)
    if applicator.has_ring and n_top > 1:
        n_outer = min(N_OUTER, n_ids - n_top, _n_around(applicator, dictionary, module_mm))
        top_mm = TOP_MODULE_MM
        while top_mm >= MIN_MODULE_MM and n_outer >= MIN_MARKERS:
            yield Collar(dictionary, first_id, n_outer, module_mm, n_top, round(top_mm, 1))
            top_mm -= STEP_MM
    n_outer = min(N_OUTER, n_ids, _n_around(applicator, dictionary, module_mm))
    if n_outer >= MIN_MARKERS:
        is_covered = not applicator.has_ring and applicator.docking == "hard"
        below_mm = HARD_DOCKING_MM if is_covered else 0.0
        yield Collar(dictionary, first_id, n_outer, module_mm, below_top_mm=below_mm)


def _module_mm(applicator: Applicator, dictionary: Dictionary) -> float:
    """Of the strip: with its whole quiet zone if that can be read from afar, else with the least.

    A tube without ring carries a strip of any height.
    """
    if not applicator.has_ring:
        return MODULE_MM
    height, n = applicator.ring_height_mm, n_modules(dictionary)
    whole, least = (
        round(floor(height / (n + n_quiet) / STEP_MM + 1e-9) * STEP_MM, 1)
        for n_quiet in (N_QUIET, N_QUIET * MIN_QUIET_MODULES)
    )
    return min(MODULE_MM, whole if whole >= MIN_MODULE_MM else least)


def _n_around(applicator: Applicator, dictionary: Dictionary, module_mm: float) -> int:
    """How many markers fit around, one module apart."""
    diameter = applicator.ring_diameter_mm if applicator.has_ring else applicator.outer_diameter_mm
    marker_mm = (n_modules(dictionary) + 1) * module_mm
    return floor(pi * diameter / marker_mm) if marker_mm > 0 else 0


def _worn(applicator: Applicator, collar: Collar) -> Collar:
    """The collar, once the applicator wears it. Raises ValueError where it does not fit."""
    replace(applicator, collar=collar)
    return collar
