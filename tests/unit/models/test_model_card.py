"""The model card's tables are the evaluation's figures, and nothing else of it changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from models.evaluation.frame_score import score_frame
from models.evaluation.summary import by_stratum, summarise
from models.evaluation.worst_stratum import WorstStratum
from models.training.fact_strata import fact_strata
from models.training.model_card import BEGIN, CARD, END, with_figures
from tracking.segmentation import Label


def figures() -> dict[str, object]:
    labels = np.zeros((20, 20), np.uint8)
    labels[5:15, 5:15] = Label.APPLICATOR
    scores = [score_frame(str(n), labels, labels, {"material": "steel"}) for n in range(6)]
    strata = by_stratum(scores)
    return {
        "model": "net-0123",
        "sets": {"withheld": summarise(scores).document()},
        "strata": {"material": {"steel": strata["material"]["steel"].document()}},
        "worst_stratum": WorstStratum(40, 0.96, "material: steel", 12, 0.91).document(),
        "real_frames_share_called_applicator": {"a cup": 0.0125},
    }


def test_tables_stand_between_the_marks() -> None:
    card = with_figures(f"before\n{BEGIN}\nold\n{END}\nafter\n", figures())
    assert card.startswith(f"before\n{BEGIN}\n\nModel `net-0123`.")
    assert card.endswith(f"{END}\nafter\n")
    assert "old" not in card
    assert "| withheld | 6 | 1.000 [1.000, 1.000] |" in card
    assert "| steel | 6 |" in card
    assert (
        "(40 frames): applicator IoU 0.960; worst group, material: steel (12 frames): 0.910" in card
    )
    assert "| a cup | 1.25% |" in card
    assert with_figures(card, figures()) == card


@pytest.mark.parametrize(
    "card", ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"]
)
def test_a_card_without_its_marks_is_refused(card: str) -> None:
    with pytest.raises(ValueError, match="needs the marks"):
        with_figures(card, figures())


def test_the_shipped_card_has_its_marks() -> None:
    assert "net-0123" in with_figures(CARD.read_text(encoding="utf-8"), figures())


@dataclass(frozen=True)
class Facts:
    distance_mm: float
    occluded_fraction: float | None
    has_bed: bool
    tissue_tone: str


def test_groups_of_facts() -> None:
    assert fact_strata(Facts(400.0, 0.2, has_bed=True, tissue_tone="dark")) == {
        "occluded fraction": "0.1-0.25",
        "has bed": "yes",
        "tissue tone": "dark",
    }
    assert fact_strata(Facts(400.0, None, has_bed=False, tissue_tone="x"))["has bed"] == "no"
