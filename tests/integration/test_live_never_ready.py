"""A live session without time-out and QA says so, and is held to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.mask_segmenter import MaskSegmenter
from pipeline.announcer import Announcer
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.live import track
from pipeline.recorder.client import recording_to
from recordings.simulation.source import SimulatedSource, open_simulation
from tracking.errors import CalibrationError

NOW_NS = 1_767_258_000_000_000_000  # 2026-01-01T09:00:00Z, an hour after the rig's calibration

SILENT = Announcer(lambda _: None)


def live_source() -> SimulatedSource:
    """Docked frames, handed over as a camera would: origin live."""
    source = open_simulation("sim:bench", read_catalogue(None).applicators)
    source.header = replace(source.header, origin="live")
    return source


def config_of(source: SimulatedSource, folder: Path) -> RunConfig:
    for name, text in source.header.embedded:
        (folder / name).write_text(text)
    return load_config(folder / "rig.toml", folder / "plan.toml")


def test_docked_and_held_but_no_time_out_is_not_ready(tmp_path: Path) -> None:
    source = live_source()
    said: list[str] = []
    config = config_of(source, tmp_path)
    announcer = Announcer(said.append)
    announcer.begin(config)
    with recording_to(tmp_path / "session.mcap", source.header) as recorder:
        n_frames = track(
            source,
            config,
            MaskSegmenter(),
            announcer,
            recorder=recorder,
            now_ns=lambda: NOW_NS,
        )
    assert n_frames == source.scenario.n_frames
    assert not any("READY" in line for line in said)
    assert any("no time-out: not ready" in line.lower() for line in said)
    assert any("UNSURE" in line for line in said)
    assert (tmp_path / "session.mcap").stat().st_size > 0


def test_a_live_session_refuses_the_rig_of_another_camera(tmp_path: Path) -> None:
    source = live_source()
    config = config_of(source, tmp_path)
    source.header = replace(source.header, device_serial="other")
    with pytest.raises(CalibrationError, match="another camera"):
        track(source, config, MaskSegmenter(), SILENT, now_ns=lambda: NOW_NS)


def test_a_live_session_refuses_a_rig_for_any_camera(tmp_path: Path) -> None:
    source = live_source()
    config = config_of(source, tmp_path)
    config = replace(config, rig=replace(config.rig, camera_serial="any"))
    with pytest.raises(CalibrationError):
        track(source, config, MaskSegmenter(), SILENT, now_ns=lambda: NOW_NS)
