"""Which picture belongs to which pose: names as robots' logs hold them, also of another machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.pictures import SUFFIXES, pictures_in
from tracking.errors import SourceError

N_NAMED = 3  # in a message; the rest is counted


@dataclass(frozen=True)
class PosePictures:
    """Pictures with their poses, and what has no partner.

    Attributes
    ----------
    pose_of : dict
        The pose's name by its picture, in the poses' order.
    missing : tuple of str
        Poses without a picture.
    n_without_pose : int
        Pictures of the folder that no pose names.
    n_respelled : int
        Found though the name is written otherwise than the picture's.
    """

    pose_of: dict[Path, str]
    missing: tuple[str, ...]
    n_without_pose: int
    n_respelled: int

    @property
    def warnings(self) -> list[str]:
        """Name the poses that were left aside."""
        if not self.missing:
            return []
        return [
            f"poses left aside, without a picture: {len(self.missing)} ({listed(self.missing)})"
        ]

    @property
    def notes(self) -> list[str]:
        """Count pictures without a pose, and those that were found by another spelling."""
        found = []
        if self.n_without_pose:
            found.append(f"pictures left aside, without a pose: {self.n_without_pose}")
        if self.n_respelled:
            found.append(
                f"pictures whose folder, case or suffix is not as in the poses: {self.n_respelled}"
            )
        return found


def match_pictures(folder: Path, names: Sequence[str], poses_folder: Path) -> PosePictures:
    """Find each pose's picture; the first rule that fits counts.

    The name as a path in `folder`, then in the folder of the poses' file; its last part, after any
    slash or backslash, in `folder`, then without regard to case, then without its suffix.

    Raises
    ------
    SourceError
        A name fits several pictures, two names fit one, or two pictures have one name.
    """
    present = pictures_in(folder)
    pose_of: dict[Path, str] = {}
    missing: list[str] = []
    n_respelled = 0
    for name in names:
        path = _picture(folder, name, poses_folder, present)
        if path is None:
            missing.append(name)
            continue
        if path in pose_of:
            raise _unclear("Two poses name one picture.", f"{pose_of[path]}, {name}: {path}")
        pose_of[path] = name
        n_respelled += path != folder / name
    _refuse_same_names(pose_of)
    used = {path.name for path in pose_of}
    n_without = sum(path.name not in used for path in present)
    return PosePictures(pose_of, tuple(missing), n_without, n_respelled)


def listed(names: Sequence[str]) -> str:
    """Name the first few."""
    return ", ".join(names[:N_NAMED]) + (" ..." if len(names) > N_NAMED else "")


def _picture(folder: Path, name: str, poses_folder: Path, present: Sequence[Path]) -> Path | None:
    if (folder / name).is_file():
        return folder / name
    last = Path(name.replace("\\", "/")).name
    here = folder / last
    beside = poses_folder / name
    if beside.is_file():
        if here.is_file() and not here.samefile(beside):
            raise _unclear("A pose's name fits two pictures.", f"{name}: {beside}, {here}")
        return beside
    if here.is_file():
        return here
    for fits in (
        [path for path in present if path.name.casefold() == last.casefold()],
        [path for path in present if path.stem.casefold() == _stem(last)],
    ):
        if len(fits) > 1:
            seen = listed([path.name for path in fits])
            raise _unclear("A pose's name fits several pictures.", f"{name}: {seen}")
        if fits:
            return fits[0]
    return None


def _stem(last: str) -> str:
    """The name without a picture's suffix; `run.07` has none."""
    path = Path(last)
    return (path.stem if path.suffix.lower() in SUFFIXES else last).casefold()


def _refuse_same_names(pose_of: dict[Path, str]) -> None:
    by_name: dict[str, list[str]] = defaultdict(list)
    for path, name in pose_of.items():
        by_name[path.name].append(name)
    doubles = next((names for names in by_name.values() if len(names) > 1), None)
    if doubles:
        raise _unclear("Two poses name pictures of the same name.", listed(doubles))


def _unclear(what: str, actual: str) -> SourceError:
    return SourceError(
        what,
        expected="one picture for each pose",
        actual=actual,
        remedy="Give each picture its own name, and write it so in the poses.",
    )
