"""`calibrate pivot` from its file to what it tells."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.app import main
from tracking.transforms import rotation_from_vector

TIP = np.array([2.0, -5.0, 180.0])
REST = np.array([100.0, 50.0, 900.0])
N, SLIPPED = 20, 7


def poses(unit: str) -> dict[str, object]:
    rng = np.random.default_rng(1)
    rows = []
    for k in range(N):
        matrix = np.eye(4)
        matrix[:3, :3] = rotation_from_vector([*rng.uniform(-0.6, 0.6, 2), rng.uniform(-1, 1)])
        matrix[:3, 3] = REST - matrix[:3, :3] @ TIP + rng.normal(0, 0.05, 3)
        if k == SLIPPED:
            matrix[:3, 3] += [3.0, -2.0, 1.0]
        if unit == "m":
            matrix[:3, 3] /= 1000
        rows.append({"name": f"reading {k}", "tracker_from_tool": matrix.tolist()})
    return {"unit": unit, "poses": rows}


def run(tmp_path: Path, content: object, *more: str) -> int:
    path = tmp_path / "poses.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return main(["calibrate", "pivot", str(path), *more])


@pytest.mark.parametrize("unit", ["m", "mm"])
def test_the_tip_is_told_and_who_slipped(
    tmp_path: Path, unit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, poses(unit), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert np.linalg.norm(np.array(told["tip_tool_mm"]) - TIP) < 4 * told["sigma_mm"] < 0.5
    assert [row["name"] for row in told["outliers"]] == [f"reading {SLIPPED}"]
    assert told["n_poses"] == N - 1
    assert run(tmp_path, poses(unit)) == 0
    assert f"outlier, left out: reading {SLIPPED}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ("no unit", 3, "unit"),
        ("twice", 3, "twice"),
        ("robot", 3, "tracker_from_tool"),
        ("few", 4, "do not determine"),
    ],
)
def test_what_is_no_pivot_is_refused(
    tmp_path: Path, change: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content = poses("mm")
    rows = content["poses"]
    assert isinstance(rows, list)
    if change == "no unit":
        del content["unit"]
    elif change == "twice":
        rows[1]["name"] = rows[0]["name"]
    elif change == "robot":
        rows[0] = {"image": "a.png", "base_from_gripper": rows[0]["tracker_from_tool"]}
    else:
        content["poses"] = rows[:5]
    assert run(tmp_path, content) == code
    assert said in capsys.readouterr().err
