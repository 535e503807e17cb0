"""The learning curve as a picture."""

from __future__ import annotations

from pathlib import Path

from tracking.segmentation import Label


def draw_curves(history: list[dict[str, float]], path: Path) -> None:
    """Loss, and intersection over union per class on held views, against the step."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    steps = [entry["step"] for entry in history]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    left.plot(steps, [entry["loss"] for entry in history])
    left.set(xlabel="step", ylabel="training loss")
    for label in Label:
        name = label.name.lower()
        (line,) = right.plot(steps, [entry[name] for entry in history], label=name)
        ordinary = [entry.get(f"ordinary_{name}", float("nan")) for entry in history]
        right.plot(steps, ordinary, ":", color=line.get_color())
    right.set(xlabel="step", ylabel="IoU on held views (dotted: ordinary ones)", ylim=(0, 1))
    right.legend(loc="lower right")
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
