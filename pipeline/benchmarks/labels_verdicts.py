"""Whether the network's labels lead to the verdicts that true labels lead to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.benchmarks.findings import NOTHING, Goal, TextTable, share, shown
from pipeline.benchmarks.labels_pairs import FramePair
from tracking.decision import Verdict

N_REASONS = 4  # of the network's, listed for each way to disagree


def ready_goals(pairs: Sequence[FramePair]) -> list[Goal]:
    """READY in frames that are not truly inside every limit: with either labels, none."""
    outside = [pair for pair in pairs if not pair.is_inside]
    return [
        Goal(
            f"frames READY while not truly inside the plan, {words}",
            float(sum(verdict is Verdict.READY for verdict in verdicts)) if outside else None,
            0.0,
        )
        for words, verdicts in (
            ("true labels", [pair.true_labels.verdict for pair in outside]),
            ("network's labels", [pair.network.verdict for pair in outside]),
        )
    ]


def verdict_counts(pairs: Sequence[FramePair]) -> dict[str, dict[str, int]]:
    """Frames by the verdict with true labels, then by that with the network's."""
    counted = Counter((pair.true_labels.verdict, pair.network.verdict) for pair in pairs)
    return {str(true): {str(own): counted[true, own] for own in Verdict} for true in Verdict}


def verdict_tables(pairs: Sequence[FramePair]) -> list[TextTable]:
    """Shares of each verdict, and what the network's labels say where they disagree."""
    return [_shares(pairs), _disagreements(pairs)]


def _shares(pairs: Sequence[FramePair]) -> TextTable:
    n = len(pairs)
    rows = []
    for verdict in Verdict:
        true = [pair.true_labels.verdict is verdict for pair in pairs]
        own = [pair.network.verdict is verdict for pair in pairs]
        both = sum(a and b for a, b in zip(true, own, strict=True))
        rows.append((str(verdict), *(_percent(count, n) for count in (sum(true), sum(own), both))))
    agree = sum(pair.true_labels.verdict is pair.network.verdict for pair in pairs)
    n_outside = sum(not pair.is_inside for pair in pairs)
    return TextTable(
        f"Verdicts of all {n} frames",
        ("verdict", "true labels", "network's labels", "both in the same frame"),
        rows,
        f"The same verdict in {_percent(agree, n)} of the frames. {n_outside} frames are not "
        "truly inside the plan, those without a cone among them.",
    )


def _disagreements(pairs: Sequence[FramePair]) -> TextTable:
    ways = Counter((pair.true_labels.verdict, pair.network.verdict) for pair in pairs)
    return TextTable(
        "Where the verdicts differ",
        ("true labels", "network's labels", "frames", "commonest reasons with the network's"),
        [
            (str(true), str(own), str(n), _commonest(pairs, true, own))
            for (true, own), n in ways.most_common()
            if true is not own
        ],
    )


def _commonest(pairs: Sequence[FramePair], true: Verdict, own: Verdict) -> str:
    counted = Counter(
        reason
        for pair in pairs
        if (pair.true_labels.verdict, pair.network.verdict) == (true, own)
        for reason in pair.network.reasons
    )
    return ", ".join(f"{name} {n}" for name, n in counted.most_common(N_REASONS)) or NOTHING


def _percent(n: int, of: int) -> str:
    return shown(share(n, of), 1, 100, " %")
