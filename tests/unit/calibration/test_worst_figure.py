"""The targets' figures bear the names that the QA protocols limit."""

from __future__ import annotations

from calibration.flat_targets import BlockFigure, BlocksResult
from calibration.qa.protocol import ProtocolName
from calibration.qa.protocol_file import read_protocol
from calibration.qa_metric import Metric
from calibration.vdi_2634 import SpacingFigure, SphereFigures, SpheresResult
from calibration.worst_figure import worst


def sphere(form_mm: float, size_mm: float) -> SphereFigures:
    return SphereFigures((0.0, 0.0, 500.0), 25.0, 0.05, 0.05, form_mm, size_mm, 0.2, 80.0, 900, 0.0)


SPHERES = SpheresResult(
    25.0,
    (sphere(1.0, -0.2), sphere(1.5, 0.1)),
    (SpacingFigure(1, 2, 100.1, 0.05, 0.1),),
)
BLOCKS = BlocksResult(
    (
        BlockFigure("angle_block", 15.0, 15.1, 0.02, "deg"),
        BlockFigure("angle_block", 30.0, 29.7, 0.02, "deg"),
        BlockFigure("standoff_block", 10.0, 10.2, 0.03, "mm"),
    ),
    base_rms_mm=0.1,
)


def test_the_worst_keeps_its_sign_unit_and_sigma() -> None:
    figures = [Metric("a", 0.2, "mm", 0.1), Metric("b", -0.3, "mm", 0.2)]
    assert worst("c", figures) == (Metric("c", -0.3, "mm", 0.2),)
    assert worst("c", []) == ()


def test_blocks_give_what_the_full_protocol_asks() -> None:
    found = {metric.name: metric for metric in BLOCKS.metrics}
    assert round(found["angle_block_error"].value, 9) == -0.3
    assert round(found["standoff_block_error"].value, 9) == 0.2
    _are_wanted(found, "angle_block_error", "standoff_block_error")


def test_spheres_give_what_the_full_protocol_asks() -> None:
    found = {metric.name: metric for metric in SPHERES.metrics}
    assert found["sphere_probing_form"].value == 1.5
    assert found["sphere_probing_size"].value == -0.2
    assert found["sphere_spacing_error"].value == 0.1
    _are_wanted(found, "sphere_probing_form", "sphere_probing_size", "sphere_spacing_error")


def test_a_spacing_nobody_knows_has_no_error() -> None:
    unknown = SpheresResult(25.0, SPHERES.spheres, (SpacingFigure(1, 2, 100.1, 0.05, None),))
    assert "sphere_spacing_error" not in {metric.name for metric in unknown.metrics}


def _are_wanted(found: dict[str, Metric], *names: str) -> None:
    wanted = {check.metric: check.unit for check in read_protocol(ProtocolName.AFTER_CHANGE).checks}
    for name in names:
        assert wanted[name] == found[name].unit
