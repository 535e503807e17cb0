"""A live session's copy without its date tells no date, and its replay decides as the session."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from pipeline.audit.key_files import make_key_files
from pipeline.cli.app import main
from pipeline.privacy.pseudonyms import pseudonyms_of
from pipeline.recorder.veil import Veil
from tests.integration.test_live_parts import camera
from tests.integration.test_live_privacy import Veiled, replayed_copy
from tests.integration.test_live_recording import configured, frames_of
from tests.integration.test_live_session import START_NS

# Every stamp of a session that takes less than 100 s; a float never has as many digits.
DATED = re.compile(rf"{str(START_NS)[:8]}\d{{11}}")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    paths, _ = make_key_files(tmp_path_factory.mktemp("keys") / "keys")
    return paths.pseudonym


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Path:
    """Of a session that was READY, with `session.mcap` and `site.toml`."""
    made = tmp_path_factory.mktemp("live")
    source = camera("2026-01-01T09:00:00+00:00")
    session = Veiled(source, configured(source, made), made)
    session.record_to = made / "session.mcap"
    session.veil = Veil(pseudonyms=pseudonyms_of(key, session.record_to))
    persons = threading.Thread(target=session.confirmed)
    persons.start()
    session.run()
    persons.join()
    return made


@pytest.fixture(scope="module")
def copy(folder: Path, key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("copy") / "copy.mcap"
    asked = ["sessions", "deidentify", str(folder / "session.mcap"), str(path), "--key", str(key)]
    assert main([*asked, "--without-date"]) == 0
    return path


def test_no_time_of_it_tells_when_it_was_recorded(folder: Path, copy: Path) -> None:
    before, after = frames_of(folder / "session.mcap"), frames_of(copy)
    assert after[0].frame.stamp_ns == 0
    for old, new in zip(before, after, strict=True):
        assert old.frame.stamp_ns - new.frame.stamp_ns == START_NS
        assert old.frame.arrival_ns - new.frame.arrival_ns == START_NS
        assert new.live is not None
        assert json.loads(new.live.record)["stamp_ns"] == new.frame.stamp_ns
        assert not DATED.search(new.live.around + new.live.record)
    assert DATED.search((folder / "session.mcap").read_bytes().decode("latin-1"))
    assert not DATED.search(copy.read_bytes().decode("latin-1"))


def test_its_replay_finds_no_difference(folder: Path, copy: Path, tmp_path: Path) -> None:
    found, lines = replayed_copy(folder, copy, tmp_path)
    assert (found["n_equal"], found["n_differing"]) == (len(lines), 0)
    assert found["has_its_plan"]
    assert json.loads(lines[0])["stamp_ns"] == 0
    assert json.loads(lines[-1])["verdict"] == "READY"
