"""The worst of several figures, under the name that a QA protocol limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from calibration.qa_metric import Metric


def worst(name: str, figures: Sequence[Metric]) -> tuple[Metric, ...]:
    """Return the figure that is furthest from 0 as `name`, sign kept; nothing for no figures."""
    if not figures:
        return ()
    return (replace(max(figures, key=lambda figure: abs(figure.value)), name=name),)
