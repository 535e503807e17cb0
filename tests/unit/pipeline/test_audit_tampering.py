"""The campaign against a small archive: every class of tampering is found, case by case."""

from __future__ import annotations

from io import BytesIO

import pytest

from pipeline.audit.verify import Trust, verify_log
from pipeline.benchmarks.audit import tampering_table
from pipeline.benchmarks.audit_campaign import Tally, run_campaign
from pipeline.benchmarks.audit_forger import Forger, bytes_of, lines_of, rehashed
from pipeline.benchmarks.audit_reader import Forged, Reader, Readers
from pipeline.benchmarks.audit_scene import CASE, Scene, build_scene
from recordings.progress import unheard

CLASSES = {
    *("edit", "delete", "insert", "reorder", "cut tail", "fork", "replace"),
    *("replay (entry)", "replay (session)", "delete a whole log"),
    *("ledger: edit", "ledger: delete", "ledger: insert", "ledger: reorder", "ledger: cut tail"),
}
WITHIN = ("edit", "delete", "insert", "reorder", "cut tail", "fork", "replay (entry)")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return build_scene(tmp_path_factory.mktemp("archive"), 16, seed=3, n_other_entries=3)


@pytest.fixture(scope="module")
def tallies(scene: Scene) -> list[Tally]:
    return run_campaign(scene, 0, unheard, stride=11)


def test_every_class_is_tried_and_every_case_is_found(tallies: list[Tally]) -> None:
    assert {tally.attack for tally in tallies} == CLASSES
    assert [(t.attack, t.forger.value, t.missed) for t in tallies if t.missed] == []
    assert all(tally.n_cases >= 1 for tally in tallies)
    assert sum(tally.n_cases for tally in tallies) > 1500


def test_a_forger_without_the_key_is_found_by_the_log_alone(tallies: list[Tally]) -> None:
    for tally in tallies:
        if tally.forger in (Forger.HAND, Forger.HASHES) and tally.attack in WITHIN:
            assert tally.n_found(Reader.LOG) == tally.n_cases, tally


def test_a_forger_with_an_own_key_is_found_by_the_public_key(tallies: list[Tally]) -> None:
    for tally in tallies:
        if tally.forger is Forger.OWN_KEY:
            assert tally.n_found(Reader.PUBLIC_KEY) == tally.n_cases, tally


def test_a_forger_with_the_key_is_found_by_the_ledger(tallies: list[Tally]) -> None:
    for tally in tallies:
        if tally.forger is Forger.KEY and not tally.attack.startswith("ledger"):
            assert tally.n_found(Reader.LEDGER) == tally.n_cases, tally


def test_only_paper_finds_a_forger_with_key_and_ledger(tallies: list[Tally]) -> None:
    mighty = [t for t in tallies if t.forger is Forger.KEY_AND_LEDGER and t.attack == "fork"]
    assert [tally.n_found(Reader.LEDGER) for tally in mighty] == [0]
    assert [tally.n_found(Reader.PRINTED_HEAD) for tally in mighty] == [mighty[0].n_cases]


def test_the_untouched_archive_is_no_case(scene: Scene) -> None:
    readers = Readers(scene)
    assert readers.first_to_find(Forged(CASE, scene.logs[CASE], scene.ledger)) is None
    assert readers.first_to_find_ledger(scene.ledger, scene.logs) is None


def test_a_forger_with_the_key_can_indeed_forge(scene: Scene) -> None:
    lines = lines_of(scene.logs[CASE])
    assert bytes_of(rehashed(lines, scene.key, numbers=True)) == scene.logs[CASE]
    lines[3]["body"]["frame_index"] = 12345
    forged = bytes_of(rehashed(lines, scene.key, numbers=True))
    verify_log(BytesIO(forged), CASE, Trust([scene.key.public]))


def test_the_table_shows_what_was_missed() -> None:
    tally = Tally("edit", Forger.HAND)
    tally.count("a", Reader.LOG)
    tally.count("b", Reader.LEDGER)
    tally.count("c", None)
    (row,) = tampering_table([tally], 20).rows
    assert row == ("edit", "edits the file", "3", "33.3 %", "33.3 %", "66.7 %", "66.7 %", "c")
