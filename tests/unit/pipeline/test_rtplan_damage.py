"""A DICOM file with random damage is imported or refused, and nothing else ever happens."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.rtplan.import_plan import import_plan
from pipeline.config.site_file import parse_site
from pipeline.faults.made_dicom import dicom_bytes, rt_plan, rt_structure_set
from tests.config_texts import CATALOGUE, IMPORT_SITE, replaced, written
from tracking.errors import ConfigurationError

N_DAMAGED = 60  # a longer run of 1,200 found what `UNREADABLE` lists
META_END = 132


def damaged(data: bytes, rng: Random) -> bytes:
    """Up to three bytes changed, lost, added, or copied from elsewhere."""
    made = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(META_END, len(made))
        kind = rng.randrange(4)
        if kind == 0:
            made[place] = rng.randrange(256)
        elif kind == 1:
            del made[place : place + rng.randint(1, 8)]
        elif kind == 2:
            made[place:place] = rng.randbytes(rng.randint(1, 8))
        else:
            source = rng.randrange(META_END, len(made))
            made[place : place + 16] = made[source : source + 16]
    return bytes(made)


@pytest.mark.parametrize("implicit", [True, False])
def test_random_damage_is_refused_or_harmless(tmp_path: Path, *, implicit: bool) -> None:
    plan, structures = (dicom_bytes(d, implicit=implicit) for d in (rt_plan(), rt_structure_set()))
    site = parse_site(IMPORT_SITE, "site.toml")
    catalogue = read_catalogue(
        written(tmp_path, "c.toml", replaced(CATALOGUE, 'mesh = ""', "ssd_mm = 500.0"))
    )
    paths = tmp_path / "plan.dcm", tmp_path / "rs.dcm"
    n_refused = 0
    for seed in range(N_DAMAGED):
        rng = Random(seed)
        paths[0].write_bytes(damaged(plan, rng))
        paths[1].write_bytes(damaged(structures, rng) if seed % 3 == 0 else structures)
        try:
            made = import_plan(paths[0], site, catalogue, structure_set_path=paths[1])
        except ConfigurationError:
            n_refused += 1
        else:
            assert made.plan.approved
            assert made.plan.applicator_id == "MOB-D60-B15"
    assert n_refused > N_DAMAGED / 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"DS\x04\x0020.0", b"Dg\x04\x0020.0"),
        (b"DS\x04\x0012.0", b"\x49\xca\x04\x0012.0"),
        (b"DS\x04\x0012.0", b"FD\x04\x0012.0"),
        (b"DS\x04\x0012.0", b"AT\x04\x0012.0"),
        (b"DS\x04\x0012.0", b"SQ\x04\x0012.0"),
    ],
)
def test_a_value_of_another_type_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    data = dicom_bytes(rt_plan(), implicit=False)
    assert old in data
    path = tmp_path / "plan.dcm"
    path.write_bytes(data.replace(old, new))
    with pytest.raises(ConfigurationError):
        import_plan(path, parse_site(IMPORT_SITE, "site.toml"), read_catalogue())
