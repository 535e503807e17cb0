"""Drift, latency and end-to-end test on simulated frames: what a camera would hand over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.plane_frames import Region
from calibration.qa.end_to_end import QUANTITIES, Known, parse_known
from models.mask_segmenter import MaskSegmenter
from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.qa.drift import measure_drift
from pipeline.qa.end_to_end import measure_end_to_end
from pipeline.qa.latency import measure_latency
from recordings.progress import unheard
from recordings.simulation.source import SimulatedSource, open_simulation
from recordings.source import Freshness, SourceHeader
from tests.integration.test_live_session import CameraSource
from tests.plane_recordings import FOCAL_BASELINE, GRID, true_depth_mm
from tracking.errors import CalibrationError, UsageError
from tracking.frame import RgbdFrame, SourceFrame

MINUTES = 4.0
DRIFT_MM = 0.8


class WarmingCamera:
    """A plate at half a metre whose depth grows while the camera warms up. Simulation."""

    freshness, n_skipped, damage = Freshness.EVERY_FRAME, 0, None

    def __init__(self, header: SourceHeader, minutes: float) -> None:
        self.header = header
        self._n = int(minutes * 30) + 32
        self._plane = true_depth_mm(500.0, Region(0, 0, GRID.width, GRID.height))
        self._at = 0

    def read(self) -> SourceFrame | None:
        if self._at >= self._n:
            return None
        index, self._at = self._at, self._at + 1
        # the first thirty frames within a second, then one in two seconds
        stamp_ns = index * 33_333_333 if index < 30 else (index - 29) * 2 * 10**9
        warm = DRIFT_MM * (1 - np.exp(-stamp_ns / 60e9))
        noise = np.random.default_rng(index).normal(0.0, 0.03, self._plane.shape)
        disparity = FOCAL_BASELINE / (self._plane + warm) + noise
        raw = np.round(FOCAL_BASELINE / disparity / self.header.depth_unit_mm).astype(np.uint16)
        frame = RgbdFrame(
            frame_index=index,
            device_serial=self.header.device_serial,
            stamp_ns=stamp_ns,
            arrival_ns=stamp_ns,
            intrinsics=GRID,
            depth_raw=raw,
            depth_unit_mm=self.header.depth_unit_mm,
            color_rgb=None,
        )
        return SourceFrame(frame)

    def close(self) -> None:
        self._at = self._n


@pytest.fixture
def bench() -> SimulatedSource:
    return open_simulation("sim:bench", read_catalogue(None).applicators)


@pytest.fixture
def config(bench: SimulatedSource, tmp_path: Path) -> RunConfig:
    for name, text in bench.header.embedded:
        (tmp_path / name).write_text(text)
    return load_config(tmp_path / "rig.toml", tmp_path / "plan.toml")


@pytest.mark.slow
def test_the_drift_of_a_warming_camera_is_found(bench: SimulatedSource, config: RunConfig) -> None:
    camera = WarmingCamera(bench.header, MINUTES)
    metric = measure_drift(camera, config.rig, MINUTES, 2.0, unheard).metric
    means = [DRIFT_MM * (1 - np.exp(-t)) for t in (0.5, MINUTES - 0.5)]
    assert metric.sigma is not None
    assert abs(metric.value - (means[1] - means[0])) < 0.06
    with pytest.raises(CalibrationError, match="too short"):
        measure_drift(WarmingCamera(bench.header, 2.0), config.rig, MINUTES, 2.0, unheard)
    other = replace(bench.header, device_serial="another")
    with pytest.raises(CalibrationError):
        measure_drift(WarmingCamera(other, MINUTES), config.rig, MINUTES, 2.0, unheard)


@pytest.mark.slow
def test_the_age_at_the_verdict_is_taken_from_an_attached_camera_alone(
    bench: SimulatedSource, config: RunConfig
) -> None:
    live = replace(bench.header, origin="live")
    camera = CameraSource(bench.scenario, bench.seed, bench.story, bench.stage, live)
    found = measure_latency(camera, config, MaskSegmenter(), camera.now_ns, 300, unheard)
    by_name = {metric.name: metric.value for metric in found.metrics}
    assert by_name["latency_p99"] == pytest.approx(40.0)  # what its clock says of every frame
    assert by_name["frames_skipped"] == 0.0
    with pytest.raises(UsageError, match="recording"):
        measure_latency(bench, config, MaskSegmenter(), camera.now_ns, 300, unheard)
    camera.ends_at = camera.n_handed_over + 20
    with pytest.raises(CalibrationError, match="Too few"):
        measure_latency(camera, config, MaskSegmenter(), camera.now_ns, 300, unheard)
    camera.ends_at = camera.n_handed_over + 300
    with pytest.raises(CalibrationError, match="future"):
        measure_latency(camera, config, MaskSegmenter(), lambda: 0, 300, unheard)


def _truth(source: SimulatedSource) -> dict[str, Known]:
    frames = [source.frame(i) for i in range(source.scenario.n_frames)]
    truths = [f.truth.quantities for f in frames if f.truth is not None]
    return {name: Known(float(np.mean([t[name] for t in truths])), 0.05) for name in QUANTITIES}


@pytest.mark.slow
def test_a_phantom_of_known_geometry_is_measured_end_to_end(
    bench: SimulatedSource, config: RunConfig
) -> None:
    known = _truth(bench)
    metrics = measure_end_to_end(bench, config, MaskSegmenter(), known, 12, unheard)
    by_name = {m.name: m for m in metrics}
    assert abs(by_name["end_to_end_error"].value) < 0.6
    assert abs(by_name["end_to_end_angle_error"].value) < 1.0
    again = open_simulation("sim:bench", read_catalogue(None).applicators)
    wrong = {**known, "docking_gap_mm": Known(known["docking_gap_mm"].value + 2.0, 0.0)}
    moved = measure_end_to_end(again, config, MaskSegmenter(), wrong, 12, unheard)
    assert {m.name: m for m in moved}["end_to_end_error"].value == pytest.approx(-2.0, abs=0.3)


def test_the_known_geometry_has_to_be_whole() -> None:
    text = "schema = 1\n" + "".join(f"[known.{n}]\nvalue = 1.0\nsigma = 0.1\n" for n in QUANTITIES)
    assert set(parse_known(text, "known.toml")) == set(QUANTITIES)
    for wrong in (
        text.replace("air_gap_mm", "air_gap"),
        text.replace("sigma = 0.1", "sigma = -0.1"),
        text.rsplit("[known", 1)[0],
    ):
        with pytest.raises(CalibrationError, match="does not tell"):
            parse_known(wrong, "known.toml")


@pytest.mark.slow
def test_the_commands_say_what_is_missing(bench: SimulatedSource, tmp_path: Path) -> None:
    for name, text in bench.header.embedded:
        (tmp_path / name).write_text(text)
    rig, plan = ("--rig", str(tmp_path / "rig.toml")), ("--plan", str(tmp_path / "plan.toml"))
    assert main(["qa", "latency", "sim:bench", *rig, *plan]) == 2
    assert main(["qa", "drift", "sim:bench", *rig]) == 4
    known = tmp_path / "known.toml"
    known.write_text("schema = 1\n[known.air_gap_mm]\nvalue = 0.0\n")
    assert main(["qa", "end-to-end", "sim:bench", *rig, *plan, "--known", str(known)]) == 4
