"""The head target's file: its unit is said, or a place that only metres explain is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.head_target_file import read_head_target
from tracking.errors import CalibrationError, ConfigurationError


def written(tmp_path: Path, x: float, unit: str | None) -> Path:
    rows = np.eye(4)
    rows[0, 3] = x
    line = "" if unit is None else f'unit = "{unit}"\n'
    text = (
        f"schema = 1\n{line}head_from_board = {rows.tolist()}\nsigma_mm = 0.05\nsigma_deg = 0.0\n"
    )
    path = tmp_path / "target.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("x", "unit", "mm"),
    [(120.0, None, 120), (120.0, "mm", 120), (0.12, "m", 120), (0.12, "mm", 0.12)],
)
def test_the_place_is_read_in_its_unit(
    tmp_path: Path, x: float, unit: str | None, mm: float
) -> None:
    assert read_head_target(written(tmp_path, x, unit)).head_from_board[0, 3] == pytest.approx(mm)


@pytest.mark.parametrize(("x", "unit"), [(0.12, None), (120.0, "m"), (9000.0, "mm")])
def test_a_place_where_no_target_is_names_the_unit(
    tmp_path: Path, x: float, unit: str | None
) -> None:
    with pytest.raises(CalibrationError, match="lies where none does") as refused:
        read_head_target(written(tmp_path, x, unit))
    assert "unit" in refused.value.remedy


def test_another_unit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        read_head_target(written(tmp_path, 12.0, "cm"))
