"""From `qa ... --json` of a simulated bench to runs on the command line, and what they store."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from calibration.qa.outcome import Outcome
from calibration.qa.protocol_file import SHIPPED_DIR
from calibration.qa_store.store import open_store
from pipeline.cli.app import main
from tests.config_texts import SITE
from tests.sphere_clouds import cap
from tracking.arrays import Float

SERIAL = "SIM0000435"
CONE = ("--phantom", "MOB-D60-B15", "--frames", "10")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of the set-up with its rig, a reference, and a short monthly protocol."""
    folder = tmp_path_factory.mktemp("bench")
    assert main(["simulate", "qa", str(folder / "x.mcap"), "--frames", "20"]) == 0
    own = folder / "protocols"
    own.mkdir()
    for name in ("daily", "monthly"):
        text = (SHIPPED_DIR / f"{name}.toml").read_text()
        head, _, rest = text.partition("[check.frames]")
        frames, _, rest = rest.partition("[check.frozen]")
        frames = "\n".join(
            "failure = 8.0" if line.startswith("failure") else line
            for line in frames.splitlines()
            if not line.startswith(("note", "alert"))
        )
        head = head.replace("n_frames = 60", "n_frames = 10").replace("= 40", "= 10")
        short = f"{head}[check.frames]{frames}\n[check.frozen]{rest}"
        (own / f"{name}.toml").write_text(short)
    (folder / "site.toml").write_text(f'{SITE.split("[person.")[0]}\n[qa]\nprotocols = "{own}"\n')
    assert qa(folder, "baseline", *CONE) == 0
    return folder


def qa(folder: Path, command: str, *arguments: str) -> int:
    return main(
        [
            *("qa", *command.split(), "--source", str(folder / "x.mcap")),
            *("--rig", str(folder / "x.rig.toml"), "--segmenter", "masks"),
            *("--site", str(folder / "site.toml"), "--qa-store", str(folder / "store")),
            *arguments,
        ]
    )


def _blocks(*, angles: bool) -> Float:
    """A base with faces of 0, 15 and 30 deg, or of 5, 10 and 20 mm, at half a metre."""
    rng = np.random.default_rng(5)
    base = np.column_stack([rng.uniform(-150, 150, (40_000, 2)), np.zeros(40_000)])
    parts = [base]
    for k, nominal in enumerate((0.0, 15.0, 30.0) if angles else (5.0, 10.0, 20.0)):
        x, y = rng.uniform(-100 + 80 * k, -50 + 80 * k, 3000), rng.uniform(-25, 25, 3000)
        rise = np.tan(np.radians(nominal)) * (x + 100 - 80 * k) if angles else 0.0
        height = (15.0 if angles else nominal) + rise
        parts.append(np.column_stack([x, y, np.full(3000, 0.0) + height]))
    points = np.concatenate(parts)
    points[:, 2] = 500.0 - points[:, 2] + rng.normal(0, 0.1, len(points))
    return points


def _figures(
    path: Path, capsys: pytest.CaptureFixture[str], command: str, points: Float, *options: str
) -> Path:
    cloud = path.with_suffix(".npy")
    np.save(cloud, points)
    capsys.readouterr()
    given = ("--serial", SERIAL, "--json", *options)
    assert main(["qa", command, str(cloud), *given]) == 0
    path.write_text(capsys.readouterr().out)
    return path


@pytest.fixture
def files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[Path]:
    rng = np.random.default_rng(6)
    balls = [
        cap((x, 0.0, 500.0), 25.0, rng, n=4000, half_angle_deg=75.0, noise_mm=0.1)
        for x in (-60.0, 60.0)
    ]
    angles = [x for a in ("0", "15", "30") for x in ("--angle-deg", a)]
    steps = [x for h in ("5", "10", "20") for x in ("--step-mm", h)]
    spheres = ["--radius-mm", "25", "--spacing-mm", "120"]
    return [
        _figures(tmp_path / "angles.json", capsys, "blocks", _blocks(angles=True), *angles),
        _figures(tmp_path / "steps.json", capsys, "blocks", _blocks(angles=False), *steps),
        _figures(tmp_path / "spheres.json", capsys, "spheres", np.concatenate(balls), *spheres),
    ]


def _given(files: list[Path]) -> list[str]:
    return [word for path in files for word in ("--metrics", str(path))]


def test_files_of_several_targets_make_a_monthly_run(
    bench: Path, files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert qa(bench, "run monthly", *_given(files), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    outcomes = {c["id"]: c["outcome"] for c in told["checks"]}
    assert outcomes["angle_blocks"] == outcomes["standoff_blocks"] == "Pass"
    assert outcomes["static_localisation"] != "Failure"
    names = {m["name"] for m in told["metrics"]}
    assert {"angles/base_rms", "steps/base_rms"} <= names


def test_what_is_refused_is_not_stored(bench: Path, files: list[Path], tmp_path: Path) -> None:
    store = open_store(str(bench / "store"))
    n_before = len(store.runs())
    forged = tmp_path / "forged.json"
    forged.write_text('{"metrics": [{"name": "phantom_shift", "value": 0, "unit": "mm"}]}')
    assert qa(bench, "run monthly", "--metrics", str(forged)) == 3
    text = files[0].read_text()
    files[0].write_text(text.replace('"angle_deg"', '"angles"'))
    assert qa(bench, "run monthly", *_given(files)) == 4
    assert qa(bench, "run daily", "--entered", "plane_bias=0") == 2
    assert len(store.runs()) == n_before


def test_another_serial_than_the_recordings_is_refused(bench: Path) -> None:
    source = str(bench / "x.mcap")
    assert main(["qa", "plane", source, "--serial", "CAM-2"]) == 2


class _Terminal:
    """Somebody answers at a terminal."""

    def isatty(self) -> bool:
        return True


def test_steps_are_confirmed_by_a_person_or_stand_unconfirmed(
    bench: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal())
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: 45.0)
    assert qa(bench, "run daily", "--operator", "p") == 0
    last = open_store(str(bench / "store")).runs()[-1]
    assert last.result is not None
    figures = {metric.name: metric.value for metric in last.result.metrics}
    assert figures["steps_unconfirmed"] == 0.0
    assert figures["warm_up_minutes"] == 45.0
    assert figures["obstruction_reported"] == 1.0
    assert last.outcome is Outcome.PASS
    assert qa(bench, "run daily", "--yes") == 0
    assert "assumed" in capsys.readouterr().out
