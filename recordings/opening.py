"""Open any source by its name: the one place that knows all kinds.

Each kind's libraries are imported only when a source of it is opened.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from recordings.naming import DB3_SUFFIX, LIVE_NAME, SESSION_SUFFIX, SIMULATION_PREFIX
from recordings.source import Source
from tracking.applicator import Applicator
from tracking.errors import SourceError

REALSENSE_SUFFIXES = (DB3_SUFFIX, ".bag")
KINDS = ".mcap session, RealSense .db3 or .bag, BOP folder, sim:SCENARIO or realsense[:SERIAL]"

MISSING_REMEDY = "check the path for a typing mistake"


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


def look_up(path: Path) -> os.stat_result | None:
    """What lies at a path; None for nothing.

    Raises
    ------
    SourceError
        No file can have this name, or nobody may look.
    """
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        is_name = error.errno == errno.ENAMETOOLONG
        raise SourceError(
            f"the source {path} {'does not exist' if is_name else 'cannot be reached'}",
            expected="a name that the file system takes" if is_name else "a path that can be read",
            actual=error.strerror or str(error),
            remedy=MISSING_REMEDY,
        ) from error


def _open_path(uri: str, *, with_picture: bool) -> Source:
    path = Path(uri)
    found = look_up(path)
    if found is None:
        raise SourceError(f"the source {uri} does not exist", expected=KINDS, remedy=MISSING_REMEDY)
    if S_ISDIR(found.st_mode):
        return _open_folder(path)
    suffix = path.suffix
    if suffix not in (SESSION_SUFFIX, *REALSENSE_SUFFIXES) or not S_ISREG(found.st_mode):
        raise SourceError(
            f"the source {uri} is of an unknown kind", expected=KINDS, actual=suffix or "no suffix"
        )
    if found.st_size == 0:
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
