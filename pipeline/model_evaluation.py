"""`model evaluate`: a labelled folder through the segmenter; figures, tables, files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from models.evaluation.confusion import iou_of
from models.evaluation.frame_score import FrameScore
from models.evaluation.labelled_folder import REMEDY, LabelledFolder, LeftOut
from models.evaluation.run import score, without_color
from models.evaluation.summary import Figure, SetFigures, by_stratum, summarise
from models.evaluation.worst_stratum import worst_stratum
from models.segmenter import Segmenter
from pipeline.contact_sheet import WorstFrames
from recordings.images import encode_png
from recordings.progress import Report
from tracking.errors import SourceError, UsageError
from tracking.segmentation import Label

JSON_NAME, SHEET_NAME = "evaluation.json", "worst.png"
NOTHING = "-"
TABLE_WIDTH = 190  # a file or a pipe has no width of its own
HEADER = (
    *("frames with", "n", "applicator IoU", "median", "precision", "recall"),
    *("bed IoU", "occluder IoU", "outline px", "missed", "false alarms"),
)
CAPTION = (
    "IoU, precision and recall over all pixels of a set together, [95 % by bootstrap over frames]; "
    "median: of the frames'\napplicator IoU; outline: the applicator's, median over frames, + "
    "outside the true one; missed: frames that show one."
)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All scores of a folder, with what was asked.

    Attributes
    ----------
    damage
        Why the frames ended early; None: they did not.
    left_out
        Frames without labels that can be used, in order.
    """

    folder: str
    model_id: str
    has_color: bool
    labels: tuple[Label, ...]
    scores: Sequence[FrameScore]
    worst: WorstFrames
    damage: str | None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the folder; a frame that nobody has labelled is not."""
        found = [] if self.damage is None else [self.damage]
        wrong = [one for one in self.left_out if not one.is_unlabelled]
        if wrong:
            first = f"the labels of frame {wrong[0].frame_index} cannot be used: {wrong[0].why}"
            found.append(f"left out for their labels: {len(wrong)} of the frames; {first}")
        return tuple(found)

    @property
    def n_unlabelled(self) -> int:
        """Frames that nobody has labelled."""
        return sum(one.is_unlabelled for one in self.left_out)


def evaluate_folder(
    folder: Path,
    segmenter: Segmenter,
    *,
    limit: int | None,
    uses_color: bool,
    report: Report,
) -> Evaluation:
    """Segment every frame of a labelled folder and compare.

    Raises
    ------
    SourceError
        Not a scene folder, or not one readable frame with labels that can be used.
    """
    source = LabelledFolder(folder)
    total = min(limit or source.n_frames, source.n_frames)
    worst = WorstFrames()
    scores: list[FrameScore] = []
    for frame in source.frames():
        seen = frame if uses_color else without_color(frame)
        scores.append(score(segmenter, seen, f"{frame.frame.frame_index:06d}", watcher=worst.add))
        report(len(scores), total)
        if len(scores) == total:
            break
    if not scores:
        whys = [f"frame {one.frame_index}: {one.why}" for one in source.left_out[:1]]
        raise SourceError(
            f"{folder} has no readable frame with labels that can be used",
            actual=source.damage or "; ".join(whys) or "no frame",
            remedy=REMEDY,
        )
    labels = tuple(Label) if source.tells_bed else (Label.APPLICATOR,)
    return Evaluation(
        str(folder),
        segmenter.model_id,
        uses_color,
        labels,
        scores,
        worst,
        source.damage,
        tuple(source.left_out),
    )


def document(found: Evaluation) -> dict[str, object]:
    """Everything for machines; no NaN."""
    strata = by_stratum(found.scores, found.labels)
    worst = worst_stratum(found.scores)
    return {
        "folder": found.folder,
        "ids": {"model": found.model_id},
        "uses_color": found.has_color,
        "truncated": found.damage is not None,
        "left_out": [
            {"frame": f"{one.frame_index:06d}", "why": one.why, "unlabelled": one.is_unlabelled}
            for one in found.left_out
        ],
        "classes_labelled": [label.name.lower() for label in found.labels],
        "all": summarise(found.scores, found.labels).document(),
        "strata": {
            division: {name: figures.document() for name, figures in groups.items()}
            for division, groups in strata.items()
        },
        "worst_stratum": None if worst is None else worst.document(),
        "worst": found.worst.names,
        "per_frame": [_frame_document(scored, found.labels) for scored in found.scores],
    }


def table_rows(found: Evaluation) -> list[tuple[str, ...]]:
    """Rows under `HEADER`: the whole folder, then every group of every division."""
    rows = [_row("all frames", summarise(found.scores, found.labels))]
    for division, groups in by_stratum(found.scores, found.labels).items():
        rows += [_row(f"{division}: {name}", figures) for name, figures in groups.items()]
    return rows


def write_files(found: Evaluation, content: dict[str, object], out: Path) -> tuple[Path, Path]:
    """Write the figures and the picture of the worst frames into `out`.

    Raises
    ------
    UsageError
        The folder cannot be made or written.
    """
    paths = out / JSON_NAME, out / SHEET_NAME
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    try:
        out.mkdir(parents=True, exist_ok=True)
        paths[0].write_text(text, encoding="utf-8")
        paths[1].write_bytes(encode_png(found.worst.sheet()))
    except OSError as error:
        raise UsageError(
            f"--out: cannot write into {out}", actual=str(error.strerror), remedy="name another"
        ) from error
    return paths


def _frame_document(scored: FrameScore, labels: Sequence[Label]) -> dict[str, object]:
    values = {label.name.lower(): float(iou_of(scored.counts, label)) for label in labels}
    return {
        "frame": scored.name,
        "iou": {
            name: round(value, 4) if isfinite(value) else None for name, value in values.items()
        },
        "outline_px": None if scored.outline_px is None else round(scored.outline_px, 3),
        "missed": scored.is_missed,
        "false_alarm": scored.is_false_alarm,
        "strata": dict(scored.strata),
    }


def _row(name: str, figures: SetFigures) -> tuple[str, ...]:
    classes = figures.classes
    applicator = classes["applicator"]
    bed, occluder = classes.get("tumor_bed"), classes.get("occluder")
    return (
        name,
        str(figures.n_frames),
        _shown(applicator.iou),
        _shown(applicator.frame_iou_median, has_interval=False),
        _shown(applicator.precision, has_interval=False),
        _shown(applicator.recall, has_interval=False),
        NOTHING if bed is None else _shown(bed.iou),
        NOTHING if occluder is None else _shown(occluder.iou),
        _shown(figures.outline_px, digits="+.2f", has_interval=False),
        f"{figures.n_missed} of {figures.n_shown}",
        f"{figures.n_false_alarms} of {figures.n_empty}",
    )


def _shown(figure: Figure, *, digits: str = ".3f", has_interval: bool = True) -> str:
    if figure.value is None:
        return NOTHING
    text = f"{figure.value:{digits}}"
    if has_interval and figure.interval is not None:
        low, high = figure.interval
        text += f" [{low:{digits}}, {high:{digits}}]"
    return text
