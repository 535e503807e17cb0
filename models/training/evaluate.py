"""Honest figures of the shipped model: `python -m models.training.evaluate`.

Everything runs through the segmenter as the pipeline uses it, in the depth grid: withheld
random scenes of withheld families and of the training's, the docking story (never trained on),
and real frames without an applicator. Prints JSON; `--card` writes the tables of the model card
anew.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count, islice
from pathlib import Path

from rich.console import Console
from rich.progress import track

from models.evaluation.frame_score import FrameScore
from models.evaluation.run import score, without_color
from models.evaluation.summary import by_stratum, summarise
from models.evaluation.worst_stratum import worst_stratum
from models.loading import SHIPPED_MANIFEST
from models.onnx_segmenter import OnnxSegmenter
from models.segmenter import Segmenter
from models.training.fact_strata import fact_strata
from models.training.families import Families, Split
from models.training.model_card import CARD, with_figures
from models.training.ordinary import is_ordinary
from models.training.random_scenes import LabelledFrame, random_frames
from models.training.real_frames import SHARED_DATA, real_frames
from models.training.rendered_frames import as_source_frame
from models.training.scene_stream import WITHHELD_FROM
from recordings.simulation.source import open_simulation
from tracking.applicator import Applicator
from tracking.frame import SourceFrame

N_SCENES = 200
N_ORDINARY = 150
N_KNOWN = 150
WITHHELD = "withheld random scenes"
ORDINARY = "withheld random scenes, ordinary views"
KNOWN = "withheld random scenes of the training's families"
ORDINARY_FROM, KNOWN_FROM = 1_500_000, 1_300_000  # seeds
STORIES = ("docking:0", "docking:1", "docking-small:0", "docking-small:7")
STORY_STEP_S = 0.4
STORY_APPLICATORS = {
    f"MOB-D60-B{bevel}": Applicator(
        f"MOB-D60-B{bevel}", "mobetron", 60.0, 2.0, 300.0, float(bevel), 110.0, 20.0
    )
    for bevel in (0, 15, 30)
}

Named = tuple[str, SourceFrame, Mapping[str, str]]
"""Name of a frame, the frame, and the groups that only its maker knows."""


def random_views(
    seeds: Iterable[int], split: Split, is_wanted: Callable[[LabelledFrame], bool] | None = None
) -> Iterator[Named]:
    """One view of each random scene: views of one scene would not be independent."""
    for seed in seeds:
        for view in random_frames(seed, 1, Families(split)):
            if is_wanted is None or is_wanted(view):
                yield str(seed), as_source_frame(view), fact_strata(view.facts)


def story_frames(spec: str) -> Iterator[Named]:
    """Frames of a docking story, a fixed time apart."""
    source = open_simulation(spec, STORY_APPLICATORS)
    step = round(STORY_STEP_S * source.header.frame_rate_hz)
    for index in range(0, source.header.n_frames or 0, step):
        yield f"{spec}/{index}", source.frame(index), {}


def evaluate(
    segmenter: Segmenter,
    n_scenes: int,
    n_ordinary: int,
    n_known: int,
    stories: tuple[str, ...],
    data: Path,
) -> dict[str, object]:
    """All figures, by the name of what they were measured on; strata of the random scenes."""
    console = Console(stderr=True)
    totals = {WITHHELD: n_scenes, ORDINARY: n_ordinary, KNOWN: n_known}
    groups: dict[str, Iterator[Named]] = {
        WITHHELD: random_views(range(WITHHELD_FROM, WITHHELD_FROM + n_scenes), "withheld"),
        ORDINARY: islice(random_views(count(ORDINARY_FROM), "withheld", is_ordinary), n_ordinary),
        KNOWN: random_views(range(KNOWN_FROM, KNOWN_FROM + n_known), "training"),
    }
    groups |= {f"sim:{spec}": story_frames(spec) for spec in stories}
    sets: dict[str, object] = {}
    strata: dict[str, object] = {}
    worst: dict[str, object] | None = None
    for name, frames in groups.items():
        with_color: list[FrameScore] = []
        depth_only: list[FrameScore] = []
        total = totals.get(name)
        for key, frame, facts in track(frames, name, total, console=console):
            with_color.append(score(segmenter, frame, key, facts=facts))
            depth_only.append(score(segmenter, without_color(frame), key, facts=facts))
        sets[name] = summarise(with_color).document()
        sets[f"{name}, depth only"] = summarise(depth_only).document()
        if not strata:
            strata = {
                division: {group: figures.document() for group, figures in found.items()}
                for division, found in by_stratum(with_color).items()
            }
            found_worst = worst_stratum(with_color)
            worst = None if found_worst is None else found_worst.document()
    return {
        "model": segmenter.model_id,
        "sets": sets,
        "strata": strata,
        "worst_stratum": worst,
        "real_frames_share_called_applicator": {
            name: round(float(segmenter.segment(frame).applicator_mask.mean()), 5)
            for name, frame in real_frames(data)
        },
    }


def main() -> None:
    """Print the figures as JSON; write them into the model card where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, default=SHIPPED_MANIFEST)
    parser.add_argument("--scenes", type=int, default=N_SCENES)
    parser.add_argument("--ordinary", type=int, default=N_ORDINARY)
    parser.add_argument("--known", type=int, default=N_KNOWN)
    parser.add_argument("--stories", nargs="*", default=STORIES)
    parser.add_argument("--data", type=Path, default=SHARED_DATA)
    parser.add_argument("--card", action="store_true", help="write the model card's tables anew")
    arguments = parser.parse_args()
    segmenter = OnnxSegmenter(arguments.manifest)
    figures = evaluate(
        segmenter,
        arguments.scenes,
        arguments.ordinary,
        arguments.known,
        tuple(arguments.stories),
        arguments.data,
    )
    sys.stdout.write(json.dumps(figures, indent=2, allow_nan=False) + "\n")
    if arguments.card:
        text = with_figures(CARD.read_text(encoding="utf-8"), figures)
        CARD.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
