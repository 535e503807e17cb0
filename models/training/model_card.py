"""The tables of the model card, written from the evaluation's figures and never by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.evaluation.strata import WIDTH_EDGES_PX

CARD = Path(__file__).resolve().parents[1] / "MODEL_CARD.md"
BEGIN = "<!-- figures: written by models.training.evaluate --card -->"
END = "<!-- end of figures -->"
HEADER = (
    *("frames", "applicator IoU", "median of frames", "precision", "recall"),
    *("bed IoU", "occluder IoU", "outline px", "cone missed", "false alarms"),
)
NOTHING = "-"


def with_figures(card: str, figures: Mapping[str, Any]) -> str:
    """Return the card with new tables between its two marks.

    Raises
    ------
    ValueError
        The card has not each mark once, in order.
    """
    head, begin, rest = card.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in tail:
        raise ValueError(f"the card needs the marks {BEGIN} and {END}, each once, in this order")
    return f"{head}{BEGIN}\n\n{tables(figures)}\n{END}{tail}"


def tables(figures: Mapping[str, Any]) -> str:
    """All tables as Markdown."""
    parts = [f"Model `{figures['model']}`.", _table("set", figures["sets"])]
    parts += [_table(division, groups) for division, groups in figures["strata"].items()]
    parts += _worst_line(figures["worst_stratum"])
    shares = figures["real_frames_share_called_applicator"]
    rows = [f"| {name} | {share:.2%} |" for name, share in shares.items()]
    parts.append(
        "\n".join(["| real frame without applicator | share called one |", "|---|---|", *rows])
    )
    return "\n\n".join(parts) + "\n"


def _worst_line(worst: Mapping[str, Any] | None) -> list[str]:
    if worst is None:
        return []
    line = (
        f"Cones at least {WIDTH_EDGES_PX[0]:g} px wide ({worst['frames']} frames): applicator IoU "
        f"{worst['applicator_iou']:.3f}; worst group, {worst['worst']} "
        f"({worst['worst_frames']} frames): {worst['worst_applicator_iou']:.3f}."
    )
    return [line]


def _table(first: str, sets: Mapping[str, Any]) -> str:
    names = (first, *HEADER)
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    lines += [f"| {' | '.join((name, *_cells(found)))} |" for name, found in sets.items()]
    return "\n".join(lines)


def _cells(found: Mapping[str, Any]) -> tuple[str, ...]:
    classes = found["classes"]
    applicator = classes["applicator"]
    return (
        str(found["frames"]),
        _shown(applicator["iou"]),
        _shown(applicator["frame_iou_median"]),
        _shown(applicator["precision"]),
        _shown(applicator["recall"]),
        _shown(classes["tumor_bed"]["iou"]),
        _shown(classes["occluder"]["iou"]),
        _shown(found["outline_offset_px"], "+.2f"),
        f"{found['applicator_missed']} of {found['applicator_shown']}",
        f"{found['false_alarms']} of {found['without_applicator']}",
    )


def _shown(figure: Mapping[str, Any], digits: str = ".3f") -> str:
    """`value [low, high]`, a dash where there is nothing to measure."""
    if figure["value"] is None:
        return NOTHING
    text = f"{figure['value']:{digits}}"
    if figure["ci95"] is None:
        return text
    low, high = figure["ci95"]
    return f"{text} [{low:{digits}}, {high:{digits}}]"
