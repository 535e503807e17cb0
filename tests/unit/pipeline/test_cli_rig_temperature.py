"""`rig check --source`: the camera's temperature against its depth calibration's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.cli.app import main
from recordings import opening
from recordings.source import SourceHeader
from tests.builders import INTRINSICS
from tests.config_texts import RIG, replaced

BAND = """
[depth.calibration]
camera_serial = "S1"
calibrated_at = {at}
valid_days = 30.0
distance_mm = [300.0, 600.0]
reference_sigma_mm = 0.2
temperature_c = [30.0, 38.0]
"""


@dataclass
class WarmSource:
    """A camera that tells a temperature once it was read from."""

    temperature: float | None
    serial: str = "S1"
    has_streamed: bool = False

    @property
    def header(self) -> SourceHeader:
        return SourceHeader(
            "realsense:S1", "realsense-live", "live", INTRINSICS, 0.1, "Camera", self.serial
        )

    @property
    def temperature_c(self) -> float | None:
        return self.temperature if self.has_streamed else None

    def read(self) -> None:
        self.has_streamed = True

    def close(self) -> None:
        pass


def check(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: WarmSource | None,
    band: str = BAND,
) -> int:
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    text = replaced(replaced(RIG, "2026-01-01T08:00:00Z", now), '"any"', '"S1"')
    path = tmp_path / "rig.toml"
    path.write_text(text + band.format(at=now), encoding="utf-8")
    monkeypatch.setattr(opening, "open_source", lambda *_, **__: source)
    more = [] if source is None else ["--source", "realsense:S1"]
    return main(["rig", "check", str(path), "--json", *more])


@pytest.mark.parametrize(("temperature", "told"), [(34.0, "inside"), (None, "unknown")])
def test_a_camera_that_is_warm_or_silent_passes_and_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    temperature: float | None,
    told: str,
) -> None:
    assert check(tmp_path, monkeypatch, WarmSource(temperature)) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["temperature"] == told
    assert ("NOT COMPARED" in err) == (temperature is None)


def test_a_cold_camera_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, monkeypatch, WarmSource(21.0)) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "not as warm" in err


def test_another_camera_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, monkeypatch, WarmSource(34.0, serial="S2")) == 4
    assert "another camera" in capsys.readouterr().err


def test_without_a_source_or_a_band_nothing_is_compared_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, monkeypatch, None) == 0
    assert "NOT COMPARED" in capsys.readouterr().err
    assert check(tmp_path, monkeypatch, WarmSource(34.0), band="") == 0
    assert "not calibrated" in capsys.readouterr().err
