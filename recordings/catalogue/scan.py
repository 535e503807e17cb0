"""Brings an index up to what the files are now. No file stops it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from recordings.catalogue.facts import file_stamp, read_facts, with_results
from recordings.catalogue.store import Catalogue
from recordings.naming import SESSION_SUFFIX, results_folder, session_name
from recordings.progress import Report
from tracking.errors import UsageError

SUMMARY = "summary.json"


@dataclass(frozen=True)
class Scan:
    """What a scan did: sessions in all, read anew, gone, and those that are damaged."""

    n_sessions: int
    n_read: int
    n_gone: int
    n_damaged: int


def scan(
    archive: Path,
    catalogue: Catalogue,
    report: Report,
    *,
    results: Path | None = None,
    deep: bool = False,
    anew: bool = False,
) -> Scan:
    """Read what has changed since the last scan; `anew` reads everything.

    Parameters
    ----------
    results : Path, optional
        The --out of `sessions batch`, or a folder of `replay` folders named as the sessions.
    deep : bool
        Read every frame of what is read: finds any damage.

    Raises
    ------
    UsageError
        The archive is no folder, or the catalogue cannot be used.
    """
    if not archive.is_dir():
        raise UsageError("ARCHIVE is no folder.", actual=str(archive))
    paths = (path for path in archive.rglob(f"*{SESSION_SUFFIX}") if path.is_file())
    files = {session_name(path.relative_to(archive)): path for path in paths}
    known = {} if anew else catalogue.stamps()
    gone = [name for name in catalogue.stamps() if name not in files]
    catalogue.drop(gone)
    n_read = 0
    for done, (name, path) in enumerate(sorted(files.items()), start=1):
        summary = None if results is None else _summary(results, name)
        if not path.exists():  # gone since the folder was listed: the next scan forgets it
            continue
        stamp = _stamp(path, summary)
        was = known.get(name, "")
        is_known = was == stamp or (summary is None and was.startswith(f"{stamp}+"))
        if not is_known:
            facts = read_facts(path, name, deep=deep)
            if summary is not None:
                facts = with_results(facts, summary)
            catalogue.put(replace(facts, stamp=stamp))
            n_read += 1
        report(done, len(files))
    n_damaged = sum(bool(facts.damage) for facts in catalogue.find())
    return Scan(len(files), n_read, len(gone), n_damaged)


def _stamp(path: Path, summary: Path | None) -> str:
    try:
        own = file_stamp(path)[1]
        return own if summary is None else f"{own}+{file_stamp(summary)[1]}"
    except OSError as error:
        raise UsageError(f"{path} cannot be read.", actual=str(error)) from error


def _summary(results: Path, name: str) -> Path | None:
    below = results_folder(name)
    for folder in (results / "sessions" / below, results / below):
        if (folder / SUMMARY).is_file():
            return folder / SUMMARY
    return None
