"""Whatever a file says fits the index: PostgreSQL refuses what SQLite would take."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest

from recordings.catalogue.facts import SessionFacts, with_results
from recordings.catalogue.rows import MOST, count_rows, quantity_rows, session_row
from recordings.catalogue.scan import scan
from recordings.catalogue.store import Catalogue, default_address
from recordings.progress import unheard
from recordings.session.parts import PartRecord, with_part
from recordings.session.writer import SessionWriter
from tests.recording_frames import make_header

FACTS = SessionFacts("day/one", 2**33, "1-2", part=2, n_frames=7, device="Camera", plan_id="P")
SUMMARY: dict[str, object] = {
    "verdicts": {"READY": 1},
    "reasons": {},
    "quantities": {"air_gap_mm": {"value": {"median": 1.0, "min": 0.5, "max": 2.0}}},
    "ids": {"software": "software@1", "model": "model@1"},
}


def test_what_fits_stays_as_it_is() -> None:
    row = session_row(FACTS)
    assert {name: getattr(FACTS, name) for name in row} == row
    assert "id" not in row


def test_a_number_that_no_column_holds_is_not_known() -> None:
    row = session_row(replace(FACTS, part=2**63 - 1, n_frames=2**31))
    assert (row["part"], row["n_frames"], row["n_bytes"]) == (None, None, 2**33)
    assert session_row(replace(FACTS, part=MOST))["part"] == MOST


def test_texts_are_cut_and_hold_nothing_that_no_database_takes() -> None:
    row = session_row(replace(FACTS, device="A\0B" + "x" * 300, plan_id="\0", model="a\ud800"))
    assert row["device"] == "AB" + "x" * 198
    assert (row["plan_id"], row["model"]) == ("", r"a\ud800")


def test_counts_are_bounded_and_names_that_become_one_are_added() -> None:
    long = "x" * 200
    facts = replace(FACTS, verdicts={f"{long}a": 2, f"{long}b": 3}, reasons={"A\0": 2**70})
    rows = count_rows(facts, 5)
    assert [(row["kind"], row["name"], row["n_frames"]) for row in rows] == [
        ("verdict", long[:100], 5),
        ("reason", "A", MOST),
    ]
    assert {row["session_id"] for row in rows} == {5}


def test_quantities_that_are_not_finite_are_left_out() -> None:
    told = {
        "a": (1.0, 0.5, 2.0),
        "b": (nan, 0.5, 2.0),
        "c": (1.0, -inf, 2.0),
        "d\0": (2.0, 2.0, 2.0),
    }
    rows = quantity_rows(replace(FACTS, quantities=told), 5)
    assert [row["name"] for row in rows] == ["a", "d"]
    assert rows[0] == {"session_id": 5, "name": "a", "median": 1.0, "least": 0.5, "largest": 2.0}


@pytest.mark.parametrize(
    "changes",
    [{"verdicts": {"READY": inf}}, {"reasons": {"NO_BED": 10**400}}, {"quantities": {"a": 3}}],
)
def test_a_summary_of_odd_numbers_stops_no_scan(changes: dict[str, object], tmp_path: Path) -> None:
    archive, results = tmp_path / "archive", tmp_path / "results"
    archive.mkdir()
    (results / "s").mkdir(parents=True)
    text = json.dumps({**SUMMARY, **changes})
    (results / "s" / "summary.json").write_text(text, encoding="utf-8")
    odd = with_part(make_header(), PartRecord(part=3, session_id="A\0B"))
    with SessionWriter(archive / "s.mcap", replace(odd, device_name="C\0D")):
        pass
    index = Catalogue(default_address(archive))
    for _ in range(2):
        scan(archive, index, unheard, results=results, anew=True)
    [facts] = index.find()
    index.close()
    assert (facts.part, facts.session_id, facts.device) == (3, "AB", "CD")


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"verdicts": {"READY": 1e999}}', "{}", "[]", ""],
    ids=["deep", "endless", "bare", "list", "empty"],
)
def test_a_summary_that_is_none_adds_nothing(text: str, tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    path.write_text(text, encoding="utf-8")
    assert with_results(FACTS, path) == FACTS
