"""Sets of pictures as users have them: of several sizes, and in sub-folders."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.picture_sizes import one_size
from calibration.pictures import find_pictures
from tracking.errors import CalibrationError, SourceError


def written(folder: Path, widths: list[int]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{i}.png" for i in range(len(widths))]
    for path, width in zip(paths, widths, strict=True):
        cv2.imwrite(str(path), np.zeros((6, width), np.uint8))
    return paths


def test_pictures_of_another_size_than_most_are_left_out_and_named(tmp_path: Path) -> None:
    paths = written(tmp_path, [4, 8, 8, 5, 8])
    used, left = one_size(paths)
    assert used == [paths[1], paths[2], paths[4]]
    assert [(miss.name, miss.why) for miss in left] == [
        ("0.png", "skipped: 4x6, where most have 8x6"),
        ("3.png", "skipped: 5x6, where most have 8x6"),
    ]
    assert all(miss.is_warning for miss in left)


@pytest.mark.parametrize("widths", [[4, 8], [4, 4, 8, 5], [4, 5, 6]])
def test_a_set_without_a_size_of_more_than_half_is_refused(
    tmp_path: Path, widths: list[int]
) -> None:
    with pytest.raises(CalibrationError, match="different sizes") as refused:
        one_size(written(tmp_path, widths))
    assert f"4x6 in {widths.count(4)}" in refused.value.actual


def test_files_that_are_no_picture_have_no_vote(tmp_path: Path) -> None:
    paths = written(tmp_path, [4, 8, 8])
    paths[0].write_text("none", encoding="utf-8")
    assert one_size(paths)[0] == paths[1:]


def test_a_folder_whose_pictures_lie_in_sub_folders_names_them(tmp_path: Path) -> None:
    written(tmp_path / "left", [4, 4])
    written(tmp_path / "day" / "right", [4])
    with pytest.raises(SourceError, match="sub-folders do") as refused:
        find_pictures([str(tmp_path)])
    assert f"{tmp_path / 'left'} (2 pictures)" in refused.value.actual
    assert f"{tmp_path / 'day' / 'right'} (1 pictures)" in refused.value.actual


def test_many_sub_folders_are_counted(tmp_path: Path) -> None:
    for i in range(8):
        written(tmp_path / f"set{i}", [4])
    with pytest.raises(SourceError) as refused:
        find_pictures([str(tmp_path)])
    assert refused.value.actual.endswith("3 more")


def test_a_folder_without_any_picture_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no pictures to calibrate"):
        find_pictures([str(tmp_path)])
