"""Names in `poses.json` as robots' logs hold them: found where one picture is meant, else told."""

from __future__ import annotations

from pathlib import Path

import pytest

from calibration.pose_pictures import match_pictures
from tracking.errors import SourceError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, in a folder beside the poses' file."""
    pictures = tmp_path / "photos"
    pictures.mkdir()
    for name in ("img_00.png", "img_01.png", "run.02.png"):
        (pictures / name).touch()
    return pictures


@pytest.mark.parametrize(
    "name",
    [
        "img_01.png",
        "photos/img_01.png",
        "/data/run 7/img_01.png",
        "C:\\data\\img_01.png",
        "IMG_01.PNG",
        "img_01.jpg",
        "img_01",
        "/data/Img_01",
    ],
)
def test_a_name_finds_its_picture_whatever_its_folder_case_and_suffix(
    folder: Path, name: str
) -> None:
    found = match_pictures(folder, [name], folder.parent)
    assert [path.name for path in found.pose_of] == ["img_01.png"]
    assert list(found.pose_of.values()) == [name]
    assert found.n_respelled == (name != "img_01.png")


def test_a_dot_within_a_name_is_no_suffix(folder: Path) -> None:
    found = match_pictures(folder, ["run.02"], folder.parent)
    assert [path.name for path in found.pose_of] == ["run.02.png"]
    assert match_pictures(folder, ["run.03"], folder.parent).missing == ("run.03",)


def test_what_has_no_partner_is_left_aside_and_told(folder: Path) -> None:
    found = match_pictures(folder, ["img_00.png", "img_07.png"], folder.parent)
    assert found.missing == ("img_07.png",)
    assert found.n_without_pose == 2
    assert "img_07.png" in found.warnings[0]
    assert found.notes == ["pictures left aside, without a pose: 2"]


def test_a_set_without_gaps_says_nothing(folder: Path) -> None:
    found = match_pictures(folder, ["img_00.png", "img_01.png", "run.02.png"], folder)
    assert (found.warnings, found.notes) == ([], [])


@pytest.mark.parametrize(
    ("more", "names", "said"),
    [
        ("img_01.tif", ["img_01"], "img_01: img_01.png, img_01.tif"),
        ("IMG_01.png", ["Img_01.png"], "Img_01.png: IMG_01.png, img_01.png"),
        ("img_09.png", ["img_01.png", "old/img_01.png"], "img_01.png, old/img_01.png"),
        ("sub/img_01.png", ["img_01.png", "sub/img_01.png"], "img_01.png, sub/img_01.png"),
        ("../img_01.png", ["./../photos/../img_01.png", "img_01"], "../img_01.png"),
    ],
)
def test_a_name_that_could_mean_two_pictures_is_refused(
    folder: Path, more: str, names: list[str], said: str
) -> None:
    (folder / more).parent.mkdir(exist_ok=True)
    (folder / more).touch()
    with pytest.raises(SourceError) as refused:
        match_pictures(folder, names, folder.parent)
    assert said in refused.value.actual


def test_a_picture_beside_the_poses_never_stands_in_for_one_of_the_folder(folder: Path) -> None:
    other = folder.parent / "raw"
    other.mkdir()
    (other / "img_01.png").touch()
    with pytest.raises(SourceError, match="fits two pictures"):
        match_pictures(folder, ["raw/img_01.png"], folder.parent)
