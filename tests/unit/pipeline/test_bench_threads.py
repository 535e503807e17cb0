"""`bench threads`: one bit's difference is seen, and there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.benchmarks import threads
from pipeline.benchmarks.threads import Run, compare_threads, digest, findings
from recordings.progress import unheard
from tests.builders import pose_looking_at
from tracking.errors import FaultError
from tracking.registration import Registration, RegistrationStatus

ONE = Registration(RegistrationStatus.OK, pose_looking_at(), np.eye(6), excluded={"border": 3})


def test_one_bit_changes_the_digest() -> None:
    pose = pose_looking_at()
    pose[0, 3] = np.nextafter(pose[0, 3], np.inf)
    assert digest(ONE) == digest(replace(ONE))
    for other in (
        replace(ONE, camera_from_applicator=pose),
        replace(ONE, axial_observable=True),
        replace(ONE, excluded={"border": 4}),
        Registration(RegistrationStatus.POOR_FIT),
    ):
        assert digest(other) != digest(ONE)


def test_unequal_runs_fail() -> None:
    equal = findings([Run(1, ("a", "b")), Run(2, ("a", "b"))])
    assert not equal.is_failed
    unequal = findings([Run(1, ("a", "b")), Run(2, ("a", "c"))])
    assert unequal.is_failed
    assert [row[1] for row in unequal.tables[0].rows] == ["equal", "NOT EQUAL: view 1"]


@pytest.mark.slow
def test_one_and_two_threads_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "N_REPEATS", 1)
    found = compare_threads(3, unheard, n_views=1)
    assert not found.is_failed
    assert [row[1] for row in found.tables[0].rows] == ["equal", "equal"]


def test_a_process_that_fails_is_told() -> None:
    with pytest.raises(FaultError, match="threads failed"):
        threads._run_process(1, -1, 1)  # no seed is negative
