"""A pose that the second look at a rim hidden by the bed has to search anew is no tracked pose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.loading import load_segmenter
from pipeline.benchmarks.simulated import bench_config, bench_source
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from tracking.cone_model import N_CURVE_POINTS
from tracking.register import register
from tracking.registration import PoseStart, Registration


@pytest.mark.slow
@pytest.mark.parametrize("second", list(PoseStart))
def test_a_searched_second_pose_is_told_as_searched(
    monkeypatch: pytest.MonkeyPatch, second: PoseStart
) -> None:
    header, config = bench_config()
    evidence = evidence_for(header, config.rig, now=None).evidence
    tracker = Tracker(config, load_segmenter("masks"), evidence)
    source = bench_source(0)
    tracker.process(source.frame(0))

    def told(*args: Any, **kwargs: Any) -> Registration:  # noqa: ANN401 - passed on as it is
        found = register(*args, **kwargs)
        return replace(found, start=second if kwargs["hidden_rim"] is not None else found.start)

    nothing_hidden = np.zeros(N_CURVE_POINTS, bool)
    monkeypatch.setattr("pipeline.measurer.register", told)
    monkeypatch.setattr("pipeline.measurer.hidden_rim", lambda *_: nothing_hidden)
    record = tracker.process(source.frame(1)).record
    assert record.registration.is_ok
    assert record.registration.start is second
