"""The calibration as a picture: reliability, scores, and the ROC curve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.training.reliability import auroc, roc

if TYPE_CHECKING:
    from models.training.calibrate import Calibration


def draw_calibration(found: Calibration, path: Path) -> None:
    """Write the picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(15, 4.5), layout="constrained")
    left.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    for name, table in (("as trained", found.before), ("with temperature", found.after)):
        left.plot(table.confidence, table.accuracy, marker="o", label=f"{name}: {table.ece:.4f}")
    left.set(xlabel="confidence of a pixel", ylabel="share correct", xlim=(0, 1), ylim=(0, 1))
    left.legend(title="expected calibration error", loc="upper left")
    groups = {
        "good scenes": found.good,
        "bad scenes": found.bad,
        "disturbed, good": found.disturbed_good,
        "disturbed, bad": found.disturbed_bad,
    }
    for name, values in groups.items():
        if len(values):
            middle.hist(
                values, np.linspace(0, 1, 41), density=True, histtype="step",
                label=f"{name} ({len(values)})",
            )  # fmt: skip
    middle.axvline(found.doubt.limit, color="black", linestyle=":", label="limit")
    middle.set(xlabel="doubt score", ylabel="density", yscale="log")
    middle.legend()
    for name, values in (("scenes", found.bad), ("disturbed", found.disturbed_bad)):
        if len(values):
            false_alarms, detected = roc(values, found.good)
            area = auroc(values, found.good)
            right.plot(false_alarms, detected, label=f"bad {name}: {area:.3f}")
    right.axvline(found.doubt.false_alarm_rate, color="black", linestyle=":", label="limit")
    right.set(xlabel="false alarms", ylabel="bad frames flagged", xlim=(0, 1), ylim=(0, 1))
    right.legend(title="area under the curve", loc="lower right")
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
