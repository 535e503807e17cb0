"""Which families of things a scene may show: some are kept from training.

A family is one way to build something: an instrument's shape, a bed's form, a texture. What
the network has never met measures whether it learned the thing or its examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

Split = Literal["training", "withheld"]

WITHHELD: Final[frozenset[str]] = frozenset(
    {
        # fields
        "bed:folds",
        "drape:striped",
        "lying:swab",
        "opening:lens",
        "patch:char",
        "texture:cells",
        "tissue:bowel",
        # things
        "clamp:plate",
        "cone:anodised",
        "cone:milky",
        "frame:ring",
        "glove:brown",
        "hand:pinch",
        "mark:barred",
        "metal:gilt",
        "retractor:rake",
        "ring:notched",
        "thing:lamp_handle",
        "thing:thermos",
        "tool:probe",
        "tool:syringe",
        "tubing:corrugated",
    }
)
"""Names of the families that no training scene shows."""

WITHHELD_SHARE: Final = 0.5
"""Of the choices of a withheld scene that could be a withheld family."""


@dataclass(frozen=True)
class Families:
    """Chooses among families: in training never a withheld one, else as often as any other.

    A withheld scene mixes the new with the known: almost every one shows several families that
    training never did, and still all materials and forms are there to be scored.
    """

    split: Split

    def pick(self, rng: np.random.Generator, names: Sequence[str]) -> str:
        """One of `names`; repeat a name to make it likelier.

        Raises
        ------
        ValueError
            Every name is withheld: a training scene could not be built.
        """
        shown = [name for name in names if name not in WITHHELD]
        kept = [name for name in names if name in WITHHELD]
        if not shown:
            raise ValueError(f"every family of {sorted(set(names))} is withheld")
        is_new = rng.random() < WITHHELD_SHARE and self.split == "withheld"
        candidates = kept if is_new and kept else shown
        return candidates[int(rng.integers(len(candidates)))]
