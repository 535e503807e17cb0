"""What differs between two runs over the same frames. Pure.

Times are left out (`stage_ms`), and the ids are compared apart: two versions differ in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from math import hypot, sqrt
from typing import Any

from pipeline.diff.observed import LARGEST, observed, quantity_names
from pipeline.diff.records import Record

LEFT_OUT = ("stage_ms", "ids")


@dataclass(frozen=True)
class QuantityDiff:
    """One quantity over the frames that both runs have.

    Attributes
    ----------
    n_both, n_only_a, n_only_b : int
        Frames in which both, or only one, observed it. What a record tells otherwise than as
        finite numbers is not observed.
    rms, largest : float
        Of B less A where both did.
    largest_sigmas : float
        Largest difference over the root of both variances.
    at_frame : int or None
        Where the largest difference is.
    """

    name: str
    n_both: int
    n_only_a: int
    n_only_b: int
    rms: float
    largest: float
    largest_sigmas: float
    at_frame: int | None

    @property
    def is_same(self) -> bool:
        """Whether nothing of it differs."""
        return self.largest == 0.0 and self.n_only_a == 0 and self.n_only_b == 0


@dataclass(frozen=True)
class VerdictChange:
    """A stretch of frames with one verdict in A and another one in B."""

    first_frame: int
    last_frame: int
    n_frames: int
    a: str
    b: str


@dataclass(frozen=True)
class RunDiff:
    """Two runs.

    Attributes
    ----------
    n_differing : int
        Frames of both whose records differ.
    first_frame : int or None
        The first frame that differs, or that one run lacks.
    first_keys : tuple of str
        Which parts of its record differ.
    reasons : tuple of (reason, frames in A, frames in B)
        Where the numbers differ.
    ids : tuple of (name, in A, in B)
        Identities that differ.
    """

    n_a: int
    n_b: int
    n_only_a: int
    n_only_b: int
    n_differing: int
    first_frame: int | None
    first_keys: tuple[str, ...]
    verdict_changes: tuple[VerdictChange, ...]
    reasons: tuple[tuple[str, int, int], ...]
    quantities: tuple[QuantityDiff, ...]
    ids: tuple[tuple[str, str, str], ...]

    @property
    def is_same(self) -> bool:
        """Whether both hold the same frames with the same records."""
        return self.first_frame is None

    @property
    def n_verdicts(self) -> int:
        """Frames whose verdict differs, or that only one run has."""
        return sum(c.n_frames for c in self.verdict_changes) + self.n_only_a + self.n_only_b

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {"same": self.is_same, "verdicts_differing": self.n_verdicts, **asdict(self)}


def compare_runs(a: Mapping[int, Record], b: Mapping[int, Record]) -> RunDiff:
    """Compare records by frame index."""
    both = [index for index in a if index in b]
    differing = [index for index in both if _keys(a[index], b[index])]
    lacking = [index for index in (*a, *b) if (index in a) != (index in b)]
    first = min((*differing, *lacking), default=None)
    keys: tuple[str, ...] = ()
    if first is not None:
        keys = _keys(a[first], b[first]) if first in a and first in b else ("frame",)
    return RunDiff(
        n_a=len(a),
        n_b=len(b),
        n_only_a=sum(index not in b for index in a),
        n_only_b=sum(index not in a for index in b),
        n_differing=len(differing),
        first_frame=first,
        first_keys=keys,
        verdict_changes=_verdict_changes(a, b, both),
        reasons=_reasons(a, b),
        quantities=tuple(_quantities(a, b, both)),
        ids=_ids(a, b),
    )


def _keys(one: Record, other: Record) -> tuple[str, ...]:
    """Parts of two records that differ, in the order of the record."""
    names = [*one, *(key for key in other if key not in one)]
    return tuple(k for k in names if k not in LEFT_OUT and one.get(k) != other.get(k))


def _verdict_changes(
    a: Mapping[int, Record], b: Mapping[int, Record], both: Sequence[int]
) -> tuple[VerdictChange, ...]:
    found: list[VerdictChange] = []
    is_open = False
    for index in both:
        pair = (str(a[index]["verdict"]), str(b[index]["verdict"]))
        if pair[0] == pair[1]:
            is_open = False
            continue
        if is_open and (found[-1].a, found[-1].b) == pair:
            last = found[-1]
            found[-1] = VerdictChange(last.first_frame, index, last.n_frames + 1, *pair)
        else:
            found.append(VerdictChange(index, index, 1, *pair))
        is_open = True
    return tuple(found)


def _reasons(a: Mapping[int, Record], b: Mapping[int, Record]) -> tuple[tuple[str, int, int], ...]:
    counts = [Counter(str(r) for rec in side.values() for r in rec["reasons"]) for side in (a, b)]
    names = sorted(set(counts[0]) | set(counts[1]))
    return tuple((n, counts[0][n], counts[1][n]) for n in names if counts[0][n] != counts[1][n])


def _quantities(
    a: Mapping[int, Record], b: Mapping[int, Record], both: Sequence[int]
) -> list[QuantityDiff]:
    """Of every quantity that the first frame of either run has."""
    told = (quantity_names(side[index]) for index in both[:1] for side in (a, b))
    return [_quantity(name, a, b, both) for name in dict.fromkeys(chain.from_iterable(told))]


def _quantity(
    name: str, a: Mapping[int, Record], b: Mapping[int, Record], both: Sequence[int]
) -> QuantityDiff:
    square = largest = sigmas = 0.0
    at: int | None = None
    n_both = n_only_a = n_only_b = 0
    for index in both:
        one, two = observed(a[index], name), observed(b[index], name)
        if one is None or two is None:
            n_only_a += one is not None
            n_only_b += two is not None
            continue
        n_both += 1
        step = two.value - one.value
        square += step**2
        sigma = hypot(one.sigma, two.sigma)
        if sigma > 0:
            sigmas = max(sigmas, min(abs(step) / sigma, LARGEST))
        if abs(step) > abs(largest):
            largest, at = step, index
    rms = sqrt(square / n_both) if n_both else 0.0
    return QuantityDiff(name, n_both, n_only_a, n_only_b, rms, largest, sigmas, at)


def _ids(a: Mapping[int, Record], b: Mapping[int, Record]) -> tuple[tuple[str, str, str], ...]:
    one, two = _first_ids(a), _first_ids(b)
    names = [*one, *(name for name in two if name not in one)]
    return tuple(
        (name, str(one.get(name, "")), str(two.get(name, "")))
        for name in names
        if one.get(name) != two.get(name)
    )


def _first_ids(records: Mapping[int, Record]) -> Mapping[str, Any]:
    """Of the first frame; none where it tells them otherwise than by name."""
    ids = next(iter(records.values())).get("ids")
    return ids if isinstance(ids, dict) else {}
