"""The card's figures come from withheld seeds and families, with every group that is known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.segmenter import Ahead
from models.training import evaluate
from models.training.families import Families
from models.training.model_card import CARD, with_figures
from tracking.camera import CameraIntrinsics
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Label, Segmentation

SIZE = (48, 64)
N_SCENES = 6
N_KNOWN = 4


@dataclass(frozen=True)
class Facts:
    material: str


class Found:
    """Finds everything where there is colour, nothing where there is none."""

    model_id = "found"

    def look_ahead(self, _frame: RgbdFrame) -> Ahead:
        return None

    def segment(self, source_frame: SourceFrame, _ahead: Ahead = None) -> Segmentation:
        labels = source_frame.labels
        if labels is None or source_frame.frame.color_rgb is None:
            labels = np.zeros(source_frame.frame.intrinsics.shape, np.uint8)
        return Segmentation(labels, self.model_id)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, Families]]:
    calls: list[tuple[int, int, Families]] = []

    def one_view(seed: int, n_views: int, families: Families) -> list[SimpleNamespace]:
        calls.append((seed, n_views, families))
        labels = np.zeros(SIZE, np.uint8)
        labels[10:30, 20:40] = Label.APPLICATOR
        view = SimpleNamespace(
            intrinsics=CameraIntrinsics(SIZE[1], SIZE[0], 60.0, 60.0, 31.5, 23.5),
            depth_mm=np.full(SIZE, 400.0, np.float32),
            color_rgb=np.zeros((*SIZE, 3), np.uint8),
            labels=labels,
            facts=Facts("steel" if seed % 2 else "plastic"),
        )
        return [view]

    monkeypatch.setattr(evaluate, "random_frames", one_view)
    return calls


def test_figures_of_withheld_scenes(asked: list[tuple[int, int, Families]], tmp_path: Path) -> None:
    figures = evaluate.evaluate(Found(), N_SCENES, 0, N_KNOWN, (), tmp_path)
    new, known = asked[:N_SCENES], asked[N_SCENES:]
    assert [seed for seed, _, _ in new] == list(range(10**6, 10**6 + N_SCENES))
    assert {(n_views, families.split) for _, n_views, families in new} == {(1, "withheld")}
    assert [seed for seed, _, _ in known] == list(range(1_300_000, 1_300_000 + N_KNOWN))
    assert {(n_views, families.split) for _, n_views, families in known} == {(1, "training")}
    sets, strata = figures["sets"], figures["strata"]
    assert isinstance(sets, dict)
    assert isinstance(strata, dict)
    seen, blind = sets["withheld random scenes"], sets["withheld random scenes, depth only"]
    assert seen["classes"]["applicator"]["iou"] == {"value": 1.0, "ci95": [1.0, 1.0]}
    assert (seen["applicator_missed"], blind["applicator_missed"]) == (0, N_SCENES)
    assert {name: found["frames"] for name, found in strata["material"].items()} == {
        "plastic": 3,
        "steel": 3,
    }
    assert sets["withheld random scenes of the training's families"]["frames"] == N_KNOWN
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert "| plastic | 3 |" in with_figures(CARD.read_text(encoding="utf-8"), figures)
