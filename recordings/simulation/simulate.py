"""Write a simulated session to a file or folder, with the rig and plan that belong to it.

The suffix chooses the format: `.mcap` session, `.db3` RealSense recording, none: BOP folder.
What is written appears whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from recordings.appearing_file import appearing_whole
from recordings.bop.writer import BopWriter
from recordings.naming import DB3_SUFFIX, SESSION_SUFFIX
from recordings.progress import Report
from recordings.session.writer import SessionWriter
from recordings.simulation.qa_opening import is_qa_setup, open_qa_setup
from recordings.simulation.qa_setup import N_FRAMES, QaSetup
from recordings.simulation.scenarios import SPEC_PREFIX
from recordings.simulation.source import SimulatedSource, open_simulation
from recordings.source import CATALOGUE_TEXT, SourceHeader
from tracking.applicator import Applicator
from tracking.errors import UsageError
from tracking.frame import SourceFrame


@dataclass(frozen=True)
class Written:
    """What `simulate` left on the disk."""

    session: Path
    companions: tuple[Path, ...]
    n_frames: int


def simulate(
    scenario: str,
    seed: int,
    out: Path,
    applicators: Mapping[str, Applicator],
    *,
    n_frames: int | None = None,
    with_bound: bool = False,
    progress: Report | None = None,
    catalogue: str | None = None,
) -> Written:
    """Render one scenario and seed into `out`, and write its rig and plan beside it.

    Parameters
    ----------
    n_frames
        Stop after so many; None: the whole scenario.
    with_bound
        Add the noise bound to each frame's truth.
    catalogue
        Text that `applicators` were read from, which the session then carries.

    Raises
    ------
    SourceError
        Unknown scenario or applicator.
    UsageError
        `out`, its rig, its plan or the `.partial` of a killed run exists, or its suffix is no known
        format.
    """
    uri = f"{SPEC_PREFIX}{scenario}:{seed}"
    source: SimulatedSource | QaSetup
    if is_qa_setup(uri):
        source, of_all = open_qa_setup(uri, applicators), N_FRAMES
    else:
        source = open_simulation(uri, applicators, with_bound=with_bound)
        of_all = source.scenario.n_frames
    total = of_all if n_frames is None else n_frames
    if not 0 < total <= of_all:
        raise UsageError(
            f"scenario '{scenario}' has {of_all} frames",
            expected=f"1 to {of_all}",
            actual=str(total),
        )
    header = source.header
    if catalogue is not None and CATALOGUE_TEXT not in dict(header.embedded):
        header = header.carrying(CATALOGUE_TEXT, catalogue)
    companions = {companion_path(out, name): text for name, text in header.embedded}
    _check_target(out, companions)
    frames = _frames(source, total, progress)
    if out.suffix == SESSION_SUFFIX:
        _write_mcap(out, header, frames)
    elif out.suffix == DB3_SUFFIX:
        _write_db3(out, header, frames)
    else:
        with BopWriter(out, header.intrinsics, header.depth_unit_mm) as writer:
            for frame in frames:
                writer.write(frame)
    for path, text in companions.items():
        path.write_text(text, encoding="utf-8")
    return Written(out, tuple(companions), total)


def companion_path(out: Path, name: str) -> Path:
    """`rig.toml` of `docking.mcap` is `docking.rig.toml`, beside it."""
    return out.with_name(f"{out.stem}.{name}")


def _check_target(out: Path, companions: Mapping[Path, str]) -> None:
    if out.suffix not in {SESSION_SUFFIX, DB3_SUFFIX, ""}:
        raise UsageError(
            f"cannot tell the format of {out}",
            expected=f"{SESSION_SUFFIX}, {DB3_SUFFIX}, or no suffix for a BOP folder",
            actual=out.suffix,
        )
    if not out.parent.is_dir():
        raise UsageError(f"the folder {out.parent} does not exist", remedy="create it first")
    for path in (out, *companions):
        if path.exists() and not (path == out and path.is_dir() and not any(path.iterdir())):
            raise UsageError(f"{path} exists already", remedy="remove it or name a new file")


def _frames(
    source: SimulatedSource | QaSetup, total: int, progress: Report | None
) -> Iterator[SourceFrame]:
    for index in range(total):
        yield source.frame(index)
        if progress is not None:
            progress(index + 1, total)
    source.close()


def _write_mcap(out: Path, header: SourceHeader, frames: Iterator[SourceFrame]) -> None:
    with appearing_whole(out) as partial, SessionWriter(partial, header) as writer:
        for frame in frames:
            writer.write(frame)


def _write_db3(out: Path, header: SourceHeader, frames: Iterator[SourceFrame]) -> None:
    from recordings.realsense.db3_writer import write_db3

    write_db3(
        out,
        frames,
        header.intrinsics,
        header.depth_unit_mm,
        frame_rate_hz=header.frame_rate_hz,
        name=header.device_name,
        serial=header.device_serial,
    )
