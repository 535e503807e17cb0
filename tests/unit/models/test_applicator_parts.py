"""Doubtful parts of an applicator are refused one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.applicator_parts import without_doubtful_parts
from models.labelling import winners
from models.manifest import Thresholds
from tracking.segmentation import Label

THRESHOLDS = Thresholds(applicator_min_fraction=0.01, applicator_min_confidence=0.6)
SURE, UNSURE = 5.0, 0.1  # of a logit above three others: 98 % and 27 %
CONE, PATCH, SPECK = np.s_[5:25, 5:25], np.s_[5:25, 40:55], np.s_[35:37, 5:7]


def logits(**parts: float) -> NDArray[np.float32]:
    """Surroundings, and applicator by so much in the named windows."""
    windows = {"cone": CONE, "patch": PATCH, "speck": SPECK}
    result = np.zeros((4, 40, 60), np.float32)
    result[Label.OTHER] = SURE
    for name, above in parts.items():
        result[Label.OTHER][windows[name]] = 0
        result[Label.APPLICATOR][windows[name]] = above
    return result


def believed(given: NDArray[np.float32]) -> NDArray[np.float32]:
    return without_doubtful_parts(given, winners(given), THRESHOLDS)


def called(found: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray(winners(found) == Label.APPLICATOR)


def test_a_sure_cone_stays_as_it_is() -> None:
    given = logits(cone=SURE)
    assert believed(given) is given


def test_a_doubtful_patch_goes_and_the_cone_stays() -> None:
    given = logits(cone=SURE, patch=UNSURE)
    before = given.copy()
    found = called(believed(given))
    assert found[CONE].all()
    assert found.sum() == found[CONE].sum()
    assert np.array_equal(given, before)


def test_a_doubtful_cone_is_none() -> None:
    assert not called(believed(logits(cone=UNSURE))).any()


def test_a_speck_is_no_cone_but_belongs_to_one() -> None:
    assert not called(believed(logits(speck=SURE))).any()
    both = called(believed(logits(cone=SURE, speck=SURE)))
    assert both[SPECK].all()


def test_nothing_called_is_nothing_changed() -> None:
    given = logits()
    assert believed(given) is given
