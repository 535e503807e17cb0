"""`catalogue.toml`: the applicators that exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from calibration.text_file import content_id, read_text_file
from pipeline.config.collar_check import check_collars
from tracking.applicator import Applicator, Docking, Material
from tracking.collar import DEFAULT_PLACEMENT_SIGMA_MM, Collar
from tracking.collar_codes import Dictionary
from tracking.errors import ConfigurationError
from tracking.strict_toml import StrictFile, StrictTable, Text, parse_toml
from tracking.toml_refusal import nearest

BUILT_IN_CATALOGUE = Path(__file__).parent / "applicators.toml"
MESH_SUFFIXES = (".ply", ".stl")
N_SHOWN_IDS = 8  # of the known ids, where none resembles the wanted one


class CollarTable(StrictTable):
    """`[applicator.ID.collar]`: the strip, and the disc where `n_top` is not 0."""

    dictionary: Dictionary
    first_id: int
    n_outer: int
    module_mm: float
    n_top: int = 0
    top_module_mm: float = 0.0
    placement_sigma_mm: float = DEFAULT_PLACEMENT_SIGMA_MM
    below_top_mm: float = 0.0


class ApplicatorTable(StrictTable):
    """`[applicator.ID]`."""

    machine: Text
    inner_diameter_mm: float
    wall_mm: float
    length_mm: float
    bevel_deg: float
    ring_diameter_mm: float
    ring_height_mm: float
    material: Material
    mesh: str = ""
    docking: Docking = "soft"
    ssd_mm: float | None = Field(default=None, gt=0)
    field_margin_mm: float = 0.0
    sleeve_diameter_mm: float | None = Field(default=None, gt=0)
    collar: CollarTable | None = None


class CatalogueFile(StrictFile):
    """`catalogue.toml` as written."""

    applicator: dict[str, ApplicatorTable] = Field(min_length=1)


@dataclass(frozen=True)
class Catalogue:
    """Applicators by id, and the identity of the file (and meshes) they come from."""

    id: str
    applicators: Mapping[str, Applicator]

    def find(self, applicator_id: str) -> Applicator:
        """Return one applicator.

        Raises
        ------
        ConfigurationError
            There is none of that id; names the nearest ones.
        """
        found = self.applicators.get(applicator_id)
        if found is not None:
            return found
        close = nearest(applicator_id, self.applicators)
        known = ", ".join(list(self.applicators)[:N_SHOWN_IDS])
        more = ", ..." if len(self.applicators) > N_SHOWN_IDS else ""
        raise ConfigurationError(
            f"The applicator {applicator_id} is not in the catalogue {self.id}.",
            expected=f"one of {len(self.applicators)} ids such as {known}{more}",
            actual=applicator_id,
            remedy=f"Did you mean {' or '.join(close)}?"
            if close
            else "Correct the id, or name your site's catalogue with --catalogue.",
        )


def read_catalogue(path: Path | None = None) -> Catalogue:
    """Read a catalogue; without a path the one that comes with the software.

    Raises
    ------
    ConfigurationError
        The file is missing, unreadable or malformed, an entry contradicts itself, its mesh
        is missing, or two collars wear the same code.
    """
    path = BUILT_IN_CATALOGUE if path is None else path
    return parse_catalogue(read_text_file(path, "catalogue"), path)


def parse_catalogue(text: str, path: Path, *, is_file: bool = True) -> Catalogue:
    """Parse the text of the catalogue at `path`, which meshes are relative to.

    A text that was carried by a recording is no file: whatever meshes it names are not read.
    """
    what = str(path)
    file = parse_toml(text, CatalogueFile, what)
    if not is_file:
        _refuse_meshes(file, what)
    applicators = {name: _applicator(name, t, path) for name, t in file.applicator.items()}
    check_collars(applicators, what)
    meshes = [Path(a.mesh_path).read_bytes() for a in applicators.values() if a.mesh_path]
    return Catalogue(content_id(path.stem, text, *meshes), applicators)


def _applicator(name: str, table: ApplicatorTable, path: Path) -> Applicator:
    try:
        return Applicator(
            id=name,
            machine=table.machine,
            inner_diameter_mm=table.inner_diameter_mm,
            wall_mm=table.wall_mm,
            length_mm=table.length_mm,
            bevel_deg=table.bevel_deg,
            ring_diameter_mm=table.ring_diameter_mm,
            ring_height_mm=table.ring_height_mm,
            material=table.material,
            docking=table.docking,
            ssd_mm=table.ssd_mm,
            field_margin_mm=table.field_margin_mm,
            sleeve_diameter_mm=table.sleeve_diameter_mm,
            mesh_path=_mesh_path(name, table.mesh, path),
            collar=None if table.collar is None else Collar(**table.collar.model_dump()),
        )
    except ValueError as error:
        raise ConfigurationError(
            f"{path}: the applicator {name} cannot exist.",
            actual=str(error),
            remedy="Measure the applicator and correct its entry; all lengths are in mm.",
        ) from error


def _refuse_meshes(file: CatalogueFile, what: str) -> None:
    named = [name for name, table in file.applicator.items() if table.mesh]
    if named:
        raise ConfigurationError(
            f"{what}: applicators are shaped by mesh files, which a recording does not carry.",
            expected="parametric applicators",
            actual=f"mesh files of {', '.join(named[:N_SHOWN_IDS])}",
            remedy="Replay the session by itself, with --catalogue: its meshes lie beside that.",
        )


def _mesh_path(name: str, mesh: str, catalogue: Path) -> str:
    if not mesh:
        return ""
    path = (catalogue.parent / mesh).resolve()
    if path.suffix.lower() not in MESH_SUFFIXES:
        raise ConfigurationError(
            f"{catalogue}: the mesh of applicator.{name} is of an unknown kind.",
            expected=" or ".join(MESH_SUFFIXES),
            actual=mesh,
            remedy="Export the mesh as PLY or STL, in mm and in applicator space.",
        )
    if not path.is_file():
        raise ConfigurationError(
            f"{catalogue}: the mesh of applicator.{name} does not exist.",
            expected="a file, its path relative to the catalogue's folder",
            actual=str(path),
            remedy='Correct the path, or write mesh = "" for the parametric tube.',
        )
    return str(path)
