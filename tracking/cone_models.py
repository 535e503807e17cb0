"""The models of a catalogue's applicators, each built when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterable

from tracking.applicator import Applicator
from tracking.cone_model import ConeModel
from tracking.identity import Peers, peers_of


class ConeModels:
    """What else than the planned applicator may be in view; entries with a mesh are left out.

    Only a memory of what building them gave: the answers never depend on who asked before.
    """

    def __init__(self, applicators: Iterable[Applicator] = ()) -> None:
        self._applicators = tuple(a for a in applicators if not a.mesh_path)
        self._models: dict[str, ConeModel] = {}
        self._rivals: dict[tuple[str, float, float], list[Applicator]] = {}
        catalogue = self.catalogue
        self._peers = {a.machine: peers_of(a, catalogue) for a in self._applicators}

    @property
    def catalogue(self) -> dict[str, Applicator]:
        """The entries by their id."""
        return {applicator.id: applicator for applicator in self._applicators}

    def peers(self, planned: Applicator) -> Peers:
        """The entries of the planned one's machine; where there are none, itself."""
        return self._peers.get(planned.machine) or Peers.of([planned])

    def rivals(self, planned: Applicator) -> list[Applicator]:
        """Entries of the same machine with another diameter or bevel, one of each."""
        key = (planned.machine, planned.inner_diameter_mm, planned.bevel_deg)
        if key not in self._rivals:
            sizes = {key[1:]}
            self._rivals[key] = found = []
            for applicator in self._applicators:
                size = (applicator.inner_diameter_mm, applicator.bevel_deg)
                if applicator.machine == planned.machine and size not in sizes:
                    sizes.add(size)
                    found.append(applicator)
        return list(self._rivals[key])

    def model(self, applicator: Applicator) -> ConeModel:
        """The model of one entry."""
        if applicator.id not in self._models:
            self._models[applicator.id] = ConeModel(applicator)
        return self._models[applicator.id]
