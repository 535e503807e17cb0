"""Figures handed to a QA run: whole, of its camera, of its day, and by who measures them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calibration.qa.protocol import ProtocolName
from calibration.qa.protocol_file import read_protocol
from calibration.qa.run_record import Setup
from calibration.qa_metric import Metric
from pipeline.qa.figure_table import figure_table
from pipeline.qa.handed import handed_figures
from pipeline.qa.metrics_file import RunFacts, measured_with, read_metrics
from tracking.errors import CalibrationError, ConfigurationError, TrackerError, UsageError

SETUP = Setup("CAM-1", "rig@1", "software@1", "model@1", "reference@1")
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
FACTS = RunFacts(SETUP, "live", AT)
MONTHLY = read_protocol(ProtocolName.MONTHLY)
AFTER = read_protocol(ProtocolName.AFTER_CHANGE)
ANGLES = (0.0, 15.0, 30.0)


def document(command: str, *metrics: Metric, **changes: object) -> dict[str, Any]:
    told: dict[str, Any] = {
        "nominals": {},
        "measured_with": measured_with(SETUP, with_model=False),
        "measured_at": AT - timedelta(hours=1),
        "origin": "live",
        **changes,
    }
    return figure_table(command, "cloud", metrics, **told)


def written(path: Path, table: object) -> Path:
    path.write_text(json.dumps(table))
    return path


def angle_file(path: Path, *angles: float, error: float = 0.1) -> Path:
    metrics = (Metric("base_rms", 0.2, "mm"), Metric("angle_block_error", error, "deg", 0.02))
    return written(path, document("blocks", *metrics, nominals={"angle_deg": list(angles)}))


def handed(*paths: Path, entered: tuple[str, ...] = (), operator: str = "p") -> dict[str, Metric]:
    found = handed_figures(paths, entered, MONTHLY, FACTS, operator)
    return {metric.name: metric for metric in found}


def test_whole_figures_of_this_camera_and_day_are_taken(tmp_path: Path) -> None:
    found = handed(angle_file(tmp_path / "angles.json", *ANGLES))
    assert found["angle_block_error"] == Metric("angle_block_error", 0.1, "deg", 0.02)
    assert found["angles/base_rms"].value == 0.2


def test_partial_blocks_are_refused_and_several_files_make_a_whole(tmp_path: Path) -> None:
    some = angle_file(tmp_path / "some.json", 15.0)
    with pytest.raises(CalibrationError, match="not everything was measured"):
        handed(some)
    rest = angle_file(tmp_path / "rest.json", 0.2, 29.6, error=-0.3)  # as they were calibrated
    steps = document(
        "blocks",
        Metric("base_rms", 0.3, "mm"),
        Metric("standoff_block_error", 0.1, "mm"),
        nominals={"step_mm": [5.0, 10.0, 20.0]},
    )
    folder = tmp_path / "more"
    folder.mkdir()
    found = handed(some, rest, written(folder / "rest.json", steps))
    assert found["angle_block_error"].value == -0.3  # the worst counts
    assert {name for name in found if name.endswith("base_rms")} == {
        "some/base_rms",
        "rest/base_rms",
        "rest_2/base_rms",
    }


def test_a_short_drift_is_no_drift_of_90_minutes(tmp_path: Path) -> None:
    metric = Metric("warm_up_drift", 0.1, "mm", 0.02)
    short = written(tmp_path / "a.json", document("drift", metric, nominals={"minutes": [3.0]}))
    with pytest.raises(CalibrationError, match="not everything"):
        handed_figures([short], [], AFTER, FACTS, "p")
    long = written(tmp_path / "b.json", document("drift", metric, nominals={"minutes": [120.0]}))
    assert handed_figures([long], [], AFTER, FACTS, "p") == (metric,)


def test_typed_figures_of_what_a_command_or_the_run_measures_are_refused(tmp_path: Path) -> None:
    for name, unit in (
        *(("angle_block_error", "deg"), ("warm_up_drift", "mm"), ("latency_p99", "ms")),
        *(("end_to_end_error", "mm"), ("phantom_shift", "mm"), ("serial_matches", "")),
    ):
        row = {"name": name, "value": 0.0, "unit": unit}
        path = written(tmp_path / "typed.json", {"metrics": [row]})
        with pytest.raises(ConfigurationError, match="not measured that way"):
            handed_figures([path], [], AFTER, FACTS, "p")
        with pytest.raises(UsageError, match="not entered by hand"):
            handed_figures([], [f"{name}=0.0"], AFTER, FACTS, "p")


def test_manual_figures_are_entered_by_somebody(tmp_path: Path) -> None:
    row = {"name": "dynamic_localisation_error", "value": 0.3, "unit": "mm"}
    path = written(tmp_path / "hand.json", {"metrics": [row]})
    assert handed(path)["dynamic_localisation_error"].value == 0.3
    found = handed(entered=("warm_up_minutes=40", "obstruction_reported=1"))
    assert {m.name: (m.value, m.unit) for m in found.values()} == {
        "warm_up_minutes": (40.0, "min"),
        "obstruction_reported": (1.0, ""),
    }
    with pytest.raises(UsageError, match="name to stand for"):
        handed(path, operator="")
    for wrong in ("warm_up_minutes", "warm_up_minutes=nan", "warm_up_minutes=long"):
        with pytest.raises(UsageError, match="NAME=NUMBER"):
            handed(entered=(wrong,))
    both = handed(path, entered=("dynamic_localisation_error=-0.6",))
    assert both["dynamic_localisation_error"].value == -0.6
    tool = written(tmp_path / "tool.json", document("blocks", Metric(row["name"], 0.1, "mm")))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="not measured that way"):
        handed(tool)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("metrics", [{"name": "angle_block_error", "value": 0.0, "unit": "deg", "sigma": None}]),
        ("measured_at", "2026-03-01T07:59:00+00:00"),
        ("nominals", {"angle_deg": [0.0, 15.0, 30.0, 45.0]}),
        ("target", "spheres"),
        ("seal", "0" * 64),
    ],
)
def test_an_edited_file_no_longer_fits_its_seal(tmp_path: Path, key: str, value: object) -> None:
    path = angle_file(tmp_path / "angles.json", *ANGLES)
    table = json.loads(path.read_text())
    with pytest.raises(CalibrationError, match="not as a command"):
        handed(written(path, {**table, key: value}))
    assert handed(written(path, dict(reversed(table.items()))))  # another layout is no change


def test_figures_of_another_day_are_refused_for_a_live_rig(tmp_path: Path) -> None:
    metric = Metric("sphere_probing_size", 0.1, "mm")
    for hours, is_taken in ((23, True), (25, False), (-25, False)):
        at = AT - timedelta(hours=hours)
        path = written(tmp_path / "s.json", document("spheres", metric, measured_at=at))
        if is_taken:
            assert handed(path)
            continue
        with pytest.raises(CalibrationError, match="was not measured with this run"):
            handed(path)
    old = document("spheres", metric, measured_at=AT - timedelta(days=9), origin="simulated")
    path = written(tmp_path / "s.json", old)
    simulated = replace(FACTS, origin="simulated")  # its frames bear a made-up time
    assert handed_figures([path], [], MONTHLY, simulated, "p") == (metric,)


def test_figures_of_another_setup_are_refused(tmp_path: Path) -> None:
    metric = Metric("latency_p99", 60.0, "ms")
    said = measured_with(SETUP, with_model=True)
    path = written(tmp_path / "l.json", document("latency", metric, measured_with=said))
    assert read_metrics(path, FACTS).metrics == (metric,)
    with pytest.raises(CalibrationError, match="another origin"):
        read_metrics(path, replace(FACTS, origin="simulated"))
    for key in ("camera_serial", "rig", "software", "model"):
        other = replace(FACTS, setup=replace(SETUP, **{key: "other"}))
        with pytest.raises(CalibrationError, match=f"another {key.replace('_', ' ')}"):
            read_metrics(path, other)
    said = measured_with(SETUP, with_model=False)
    path = written(tmp_path / "l.json", document("latency", metric, measured_with=said))
    other = replace(FACTS, setup=replace(SETUP, model="other"))
    assert read_metrics(path, other).metrics == (metric,)


def test_a_cloud_whose_camera_nobody_named_proves_nothing(tmp_path: Path) -> None:
    said = {**measured_with(SETUP, with_model=False), "camera_serial": None}
    metric = Metric("sphere_probing_size", 0.1, "mm")
    path = written(tmp_path / "s.json", document("spheres", metric, measured_with=said))
    with pytest.raises(CalibrationError, match="with which camera"):
        handed(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"metrics": [{"name": "a", "value": "x", "unit": ""}]}',
        '{"metrics": [{"name": "a", "value": NaN, "unit": ""}]}',
        json.dumps({"metrics": 2 * [{"name": "a", "value": 1, "unit": ""}]}),
    ],
)
def test_files_that_hold_no_figures(tmp_path: Path, text: str) -> None:
    path = tmp_path / "figures.json"
    path.write_text(text)
    with pytest.raises(TrackerError, match="holds no figures"):
        read_metrics(path, FACTS)
