"""Records of another kind than ours: a difference, or a refusal that says why, never a crash."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path

import pytest

from pipeline.batch.compare import compare_records
from pipeline.diff.compare import compare_runs
from pipeline.diff.picture import draw
from pipeline.diff.records import read_records
from tracking.errors import SourceError

NAME = "air_gap_mm"
TOLD = {"value": 1.5, "sigma": 0.1, "observable": True}


def record(quantity: object, **changes: object) -> dict[str, object]:
    return {
        "frame_index": 0,
        "stamp_ns": 0,
        "verdict": "HOLD",
        "reasons": ["NO_BED"],
        "alignment": {NAME: quantity},
        **changes,
    }


def written(path: Path, line: str) -> Path:
    path.write_text(line + "\n", encoding="utf-8")
    return path


NO_VALUES: tuple[object, ...] = ("1.5", [1.5], {}, True, nan, inf, 10**400, 1e300)


@pytest.mark.parametrize(
    "odd",
    [
        *(3.5, "1.5", [1.5], True, {}),
        *({"value": value, "sigma": 0.1} for value in NO_VALUES),
    ],
    ids=lambda odd: repr(odd)[:40],
)
def test_a_quantity_that_is_no_number_is_a_difference(odd: object) -> None:
    ours, odd_one = {0: record(TOLD)}, {0: record(odd)}
    for sides in ((ours, odd_one), (odd_one, ours)):
        found = compare_runs(*sides)
        [quantity] = found.quantities
        assert (found.n_differing, found.first_keys) == (1, ("alignment",))
        assert (quantity.n_both, quantity.n_only_a + quantity.n_only_b) == (0, 1)
        assert not quantity.is_same
        json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize("sigma", ["0.1", [0.1], True, nan, inf, 10**400, -0.1, 5e-324])
def test_a_sigma_that_is_none_leaves_the_difference(sigma: object) -> None:
    odd = {0: record({"value": 1.0, "sigma": sigma})}
    no_sigma = {0: record({**TOLD, "sigma": 0})}
    [quantity] = compare_runs(no_sigma, odd).quantities
    assert (quantity.n_both, quantity.largest) == (1, -0.5)
    json.dumps(compare_runs(no_sigma, odd).to_json(), allow_nan=False)


def test_numbers_beyond_all_measure_are_compared() -> None:
    far = [{0: record({"value": value, "sigma": 5e-324})} for value in (1e100, -1e100)]
    found = compare_runs(*far)
    assert found.quantities[0].largest == -2e100
    json.dumps(found.to_json(), allow_nan=False)


def test_ids_that_are_none_differ() -> None:
    ours, odd = {0: record(TOLD, ids={"model": "m"})}, {0: record(TOLD, ids="m")}
    assert compare_runs(ours, odd).ids == (("model", "m", ""),)
    assert compare_runs(odd, ours).ids == (("model", "", "m"),)


def test_they_are_drawn() -> None:
    png = draw({0: record(TOLD)}, {0: record(3.5)})
    assert png.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"frame_index": True}, "frame_index"),
        ({"frame_index": 10**400}, "frame_index"),
        ({"verdict": 3}, "verdict"),
        ({"reasons": [["NO_BED"]]}, "reasons"),
        ({"alignment": []}, "alignment"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_record_is_refused_with_its_reason(
    changes: dict[str, object], told: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "records.jsonl", json.dumps(record(TOLD, **changes)))
    with pytest.raises(SourceError, match="line 1 cannot be used") as caught:
        read_records(path)
    assert told in caught.value.actual


def test_a_record_nested_without_end_is_refused(tmp_path: Path) -> None:
    """Also where Python's own parser would still read it, and comparing it would not end."""
    deep = record("deep", more="here")
    line = json.dumps(deep).replace('"here"', "[" * 500 + "]" * 500)
    with pytest.raises(SourceError, match="line 1 cannot be used"):
        read_records(written(tmp_path / "records.jsonl", line))


def test_a_batch_compares_versions_that_tell_a_quantity_otherwise(tmp_path: Path) -> None:
    ours = written(tmp_path / "ours.jsonl", json.dumps(record(TOLD)))
    theirs = written(tmp_path / "theirs.jsonl", json.dumps(record(3.5)))
    for one, other in ((ours, theirs), (theirs, ours)):
        found = compare_records("s", one, other)
        assert (found.change, found.n_frames, found.largest_mm) == ("differs", 1, 0.0)
