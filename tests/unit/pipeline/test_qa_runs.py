"""Whole QA runs over the simulated set-up: by the command line, into a store and reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calibration.qa.outcome import Outcome
from calibration.qa_store.store import open_store
from pipeline.benchmarks.qa import findings
from pipeline.benchmarks.qa_trials import CLASSES, Trial, fault_of, run_trial
from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.site_file import parse_site
from pipeline.qa.moment import measured_at, moment_of, ns_of
from recordings.opening import open_source
from recordings.simulation.qa_setup import FAULTS
from tests.config_texts import SIGNING_SITE
from tracking.errors import ConfigurationError, SourceError

Command = Callable[..., int]
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a rig and a store that has a reference."""
    folder = tmp_path_factory.mktemp("qa")
    source = open_source("sim:qa", applicators=read_catalogue(None).applicators)
    (folder / "rig.toml").write_text(dict(source.header.embedded)["rig.toml"])
    (folder / "site.toml").write_text(SIGNING_SITE)
    code = qa(
        folder, "baseline", "--source", "sim:qa", "--phantom", "MOB-D60-B15", "--frames", "10"
    )
    assert code == 0
    return folder


def qa(folder: Path, command: str, *arguments: str) -> int:
    rig = ("--rig", str(folder / "rig.toml"), "--segmenter", "masks")
    with_rig = rig if command in ("baseline", "run", "status") else ()
    return main(["qa", command, *arguments, *with_rig, "--qa-store", str(folder / "store")])


def short_protocol(folder: Path) -> Path:
    """A site whose daily protocol takes ten frames; its other limits are the shipped ones."""
    from calibration.qa.protocol_file import SHIPPED_DIR

    text = (SHIPPED_DIR / "daily.toml").read_text()
    for old, new in (
        ("n_frames = 40", "n_frames = 10"),
        ("note = 38.0\nalert = 36.0\nfailure = 32.0", "failure = 8.0"),
    ):
        assert old in text
        text = text.replace(old, new)
    own = folder / "protocols"
    own.mkdir(exist_ok=True)
    (own / "daily.toml").write_text(text)
    site = folder / "short.toml"
    site.write_text(f'{SIGNING_SITE}\n[qa]\nprotocols = "{own}"\n')
    return site


def run_json(
    folder: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, object]]:
    site = short_protocol(folder)
    capsys.readouterr()
    given = ("--source", source, "--site", str(site), "--operator", "nurse-1", "--json")
    code = qa(folder, "run", "daily", *given)
    return code, json.loads(capsys.readouterr().out)


def test_an_unchanged_camera_passes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run_json(place, "sim:qa:1", capsys)
    assert (code, told["outcome"]) == (0, "Pass")
    assert told["origin"] == "simulated"


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("turned", "phantom_turn"),
        ("warm", "depth_bias"),
        ("other", "serial"),
    ],
)
def test_a_wrong_camera_fails_and_is_stored(
    place: Path, capsys: pytest.CaptureFixture[str], fault: str, check: str
) -> None:
    code, told = run_json(place, f"sim:qa-{fault}:1", capsys)
    assert (code, told["outcome"]) == (4, "Failure")
    checks = told["checks"]
    assert isinstance(checks, list)
    assert check in {c["id"] for c in checks if c["outcome"] == "Failure"}
    store = open_store(str(place / "store"))
    stored = store.runs()[-1]
    assert stored.outcome is Outcome.FAILURE
    full = store.run(stored.id)
    assert full is not None
    assert full.result is not None
    assert [p.name for p in full.result.pictures] == ["targets", "deviation"]
    assert all(p.png.startswith(b"\x89PNG") for p in full.result.pictures)
    assert dict(full.result.versions)["software"].startswith("iort-tracker@")


@pytest.mark.slow
def test_reports_and_history_of_what_is_stored(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_json(place, "sim:qa:2", capsys)
    number = str(open_store(str(place / "store")).runs()[-1].id)
    pdf, html = tmp_path / "r.pdf", tmp_path / "r.html"
    assert qa(place, "report", number, "--out", str(pdf)) == 0
    assert qa(place, "report", number, "--out", str(html)) == 0
    first = pdf.read_bytes()
    assert first.startswith(b"%PDF")
    assert qa(place, "report", number, "--out", str(pdf), "--force") == 0
    assert pdf.read_bytes() == first
    text = html.read_text()
    for words in ("Daily QA", "Simulation: this run proves nothing", "signature", "<svg", "Pass"):
        assert words in text
    last = text[text.index('<div class="outcome">') :]
    for words in (
        ">Pass<",
        "18 checks: 15 Pass, 3 assumed",
        f"run {number}",
        "SIM0000435",
        "signature",
    ):
        assert words in last
    assert "file:" not in text
    assert qa(place, "report", number, "--out", str(html)) == 2
    assert qa(place, "report", "9999", "--out", str(tmp_path / "x.pdf")) == 2
    capsys.readouterr()
    assert qa(place, "history", "--json") == 0
    assert json.loads(capsys.readouterr().out)["runs"][-1]["run"] == int(number)
    assert qa(place, "history", "--metric", "phantom_shift") == 0
    assert "phantom_shift" in capsys.readouterr().out
    assert qa(place, "history", "--metric", "nonsense") == 2
    assert "phantom_shift" in capsys.readouterr().err


def test_simulated_runs_leave_a_live_camera_unproven(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert qa(place, "status", "--json") == 4
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["ready"]) == ("missing", False)
    assert qa(place, "status", "--simulated", "--json") == 4
    assert json.loads(capsys.readouterr().out)["ready"] is False


def test_what_is_missing_is_told(place: Path, tmp_path: Path) -> None:
    elsewhere = ("--qa-store", str(tmp_path / "none"))
    assert main(["qa", "history", *elsewhere]) == 4
    assert not (tmp_path / "none").exists()
    rig = ("--rig", str(place / "rig.toml"), "--segmenter", "masks")
    assert main(["qa", "run", "daily", "--source", "sim:qa", *rig, *elsewhere]) == 4  # no reference
    assert qa(place, "run", "daily", "--source", "sim:qa-fallen") == 5
    assert qa(place, "run", "weekly", "--source", "sim:qa") == 2
    assert qa(place, "baseline", "--source", "sim:qa", "--phantom", "nothing") == 2
    assert qa(place, "baseline", "--source", "sim:qa-other", "--phantom", "MOB-D60-B15") == 4
    site = ("--site", str(place / "site.toml"))
    for operator in ((), ("--operator", ""), ("--operator", " "), ("--operator", "nobody")):
        assert qa(place, "run", "daily", "--source", "sim:qa", *operator, *site) == 2
        cone = ("--phantom", "MOB-D60-B15")
        assert qa(place, "baseline", "--source", "sim:qa", *cone, *operator, *site) == 2


def test_a_recording_was_measured_when_it_was_made() -> None:
    header = open_source("sim:qa", applicators=read_catalogue(None).applicators).header
    live = replace(header, origin="live", kind="mcap", recorded_at="2026-02-28T07:00:00Z")
    assert measured_at(live, AT) == datetime(2026, 2, 28, 7, tzinfo=UTC)
    assert measured_at(replace(header, kind="realsense-live", origin="live"), AT) == AT
    assert measured_at(replace(header, recorded_at=""), AT) == AT
    for wrong in ("", "yesterday", "2026-02-28T07:00:00", "2027-01-01T00:00:00Z"):
        with pytest.raises(SourceError):
            measured_at(replace(live, recorded_at=wrong), AT)
    assert moment_of(ns_of(AT)) == AT


def test_a_site_names_store_and_protocols_and_may_only_require_more() -> None:
    text = f'{SIGNING_SITE}\n[qa]\nstore = "qa"\nrequired = ["monthly"]\n'
    assert parse_site(text, "site").qa.required == ("monthly",)
    for wrong in ('required = ["weekly"]', "required = false", "off = true"):
        with pytest.raises(ConfigurationError):
            parse_site(f"{SIGNING_SITE}\n[qa]\n{wrong}\n", "site")


def test_a_stores_password_is_not_written_beside_results() -> None:
    from pipeline.config.config_tables import site_table

    text = f'{SIGNING_SITE}\n[qa]\nstore = "postgresql://qa:secret@db.site/qa"\n'
    table = str(site_table(parse_site(text, "site")))
    assert "db.site/qa" in table
    assert "secret" not in table


@pytest.mark.parametrize("uri", ["sim:qa-", "sim:qa-x", "sim:qa:x", "sim:qa:-1"])
def test_set_ups_that_do_not_exist(uri: str) -> None:
    with pytest.raises(SourceError):
        open_source(uri, applicators=read_catalogue(None).applicators)


def test_the_set_up_draws_the_same_bytes_again_and_ends() -> None:
    applicators = read_catalogue(None).applicators
    one, two = (open_source("sim:qa:3", applicators=applicators) for _ in range(2))
    first, again = one.read(), two.read()
    assert first is not None
    assert again is not None
    assert first.frame.depth_sha256 == again.frame.depth_sha256
    second = one.read()
    assert second is not None
    assert second.frame.depth_sha256 != first.frame.depth_sha256
    one.close()
    assert one.read() is None
    assert set(FAULTS) >= {"moved", "turned", "warm", "other", "unit"}


@pytest.mark.slow
def test_the_bench_counts_what_was_said() -> None:
    trials = [run_trial(Trial(name, 0, 0)) for name in CLASSES[:2]]
    assert [t.outcome for t in trials[1:]] == ["Failure"]
    assert trials[0].outcome != "Failure"
    found = findings(trials, [], 1)
    unmet = {goal.name for goal in found.goals if not goal.is_met}
    assert "unchanged: share of Failure" not in unmet
    assert "depth unit: share of Failure" in unmet  # nothing was run: nothing is met


def test_the_bench_draws_faults_of_their_size() -> None:
    moved, turned = fault_of(Trial("moved 1 mm", 0, 5)), fault_of(Trial("turned 0.2 deg", 0, 5))
    assert sum(x * x for x in moved.shift_mm) == pytest.approx(1.0)
    assert sum(x * x for x in turned.turn_deg) == pytest.approx(0.04)
    assert abs(fault_of(Trial("drift 0.5 mm", 0, 5)).drift_mm) == 0.5
    assert fault_of(Trial("moved 1 mm", 0, 6)) != moved
