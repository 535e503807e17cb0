"""Open any source by its name: the one place that knows all kinds.

Each kind's libraries are imported only when a source of it is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recordings.naming import LIVE_NAME, SIMULATION_PREFIX
from recordings.source import Source
from tracking.applicator import Applicator
from tracking.errors import SourceError

SESSION_SUFFIX = ".mcap"
REALSENSE_SUFFIXES = (".db3", ".bag")
KINDS = ".mcap session, RealSense .db3 or .bag, BOP folder, sim:SCENARIO or realsense[:SERIAL]"


def open_source(uri: str, *, applicators: Mapping[str, Applicator]) -> Source:
    """Open the source that `uri` names.

    Parameters
    ----------
    uri : str
        `.mcap` session, RealSense `.db3` or `.bag`, BOP scene folder, `sim:SCENARIO[:SEED]` or
        `realsense[:SERIAL]`.
    applicators : mapping
        The catalogue by applicator id; simulations are made of it. Where one of them wears a
        collar, cameras and their recordings give the colour camera's own picture too.

    Raises
    ------
    SourceError
        Not named, missing, empty, of an unknown kind, or without a readable header.
    """
    if not uri:
        raise SourceError(
            "no source is named",
            expected=KINDS,
            actual="an empty name",
            remedy="name the source; in a script, check the variable that holds it",
        )
    with_picture = any(a.collar is not None for a in applicators.values())
    name, _, serial = uri.partition(":")
    if name == LIVE_NAME:
        return _open_camera(serial, with_picture=with_picture)
    if uri.startswith(SIMULATION_PREFIX):
        from recordings.simulation.qa_opening import is_qa_setup, open_qa_setup
        from recordings.simulation.source import open_simulation

        return (open_qa_setup if is_qa_setup(uri) else open_simulation)(uri, applicators)
    return _open_path(uri, with_picture=with_picture)


def _open_path(uri: str, *, with_picture: bool) -> Source:
    path = Path(uri)
    if path.is_dir():
        return _open_folder(path)
    if not path.exists():
        raise SourceError(
            f"the source {uri} does not exist",
            expected=KINDS,
            remedy="check the path for a typing mistake",
        )
    suffix = path.suffix
    if suffix not in (SESSION_SUFFIX, *REALSENSE_SUFFIXES) or not path.is_file():
        raise SourceError(
            f"the source {uri} is of an unknown kind", expected=KINDS, actual=suffix or "no suffix"
        )
    if path.stat().st_size == 0:
        raise SourceError(
            f"the source {uri} is empty (0 bytes)",
            remedy="copy it again from where it was recorded",
        )
    if suffix == SESSION_SUFFIX:
        from recordings.session.reader import SessionSource

        return SessionSource(path)
    return _open_realsense_file(path, with_picture=with_picture)


def _open_folder(path: Path) -> Source:
    from recordings.bop.layout import CAMERA_FILE
    from recordings.bop.source import BopSource

    if not ((path / CAMERA_FILE).exists() or (path / "depth").is_dir()):
        raise SourceError(
            f"the folder {path} is no BOP scene",
            expected=f"{CAMERA_FILE} and the folder depth",
            actual=", ".join(sorted(p.name for p in path.iterdir())[:5]) or "an empty folder",
        )
    return BopSource(path)


def _open_realsense_file(path: Path, *, with_picture: bool) -> Source:
    try:
        from recordings.realsense.file_source import RealSenseFile
    except ImportError as error:
        raise _no_library(error) from error
    return RealSenseFile(path, with_picture=with_picture)


def _open_camera(serial: str, *, with_picture: bool) -> Source:
    try:
        from recordings.realsense.live import open_live
    except ImportError as error:
        raise _no_library(error) from error
    return open_live(serial, with_picture=with_picture)


def _no_library(error: ImportError) -> SourceError:
    return SourceError(
        "the RealSense library cannot be loaded",
        actual=str(error),
        remedy="install its system library: apt-get install libusb-1.0-0; then run make setup",
    )
