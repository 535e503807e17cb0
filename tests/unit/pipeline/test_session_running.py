from __future__ import annotations

from dataclasses import replace

from pipeline.config.catalogue_file import read_catalogue
from pipeline.session.running import applicator_content_id


def test_the_identity_of_a_cone_covers_every_value_of_its_entry() -> None:
    cone = read_catalogue().find("MOB-D60-B15")
    ids = {
        applicator_content_id(changed)
        for changed in (
            cone,
            replace(cone, length_mm=302.0),
            replace(cone, wall_mm=2.1),
            replace(cone, bevel_deg=30.0),
            replace(cone, field_margin_mm=1.0),
            replace(cone, id="MOB-D60-B16"),
        )
    }
    assert len(ids) == 6
    assert applicator_content_id(cone).startswith("MOB-D60-B15@")
