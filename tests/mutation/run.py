"""Mutates the kernel and counts what its tests notice: `python -m tests.mutation.run`.

Exits with 1 where a mutant survives that is not named as equivalent, or a name is stale.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

from tests.mutation.judge import Judge
from tests.mutation.kernel_tests import SURVIVED
from tests.mutation.mutants import KERNEL, Mutant, mutants

EQUIVALENTS = Path(__file__).with_name("equivalents.toml")


def equivalents() -> Mapping[str, str]:
    """Reasons by the names of the mutants that are equivalent."""
    table = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))
    return {entry["mutant"]: entry["reason"] for entry in table.get("equivalent", [])}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; returns the exit code."""
    asked = _parser().parse_args(arguments)
    started = perf_counter()
    every = [mutant for module in KERNEL for mutant in mutants(module)]
    known = equivalents()
    chosen = [mutant for mutant in every if asked.only in mutant.name]
    if asked.sample:
        chosen = random.Random(asked.seed).sample(chosen, min(asked.sample, len(chosen)))
    killers: dict[str, str] = {}

    def heard(mutant: Mutant, killer: str) -> None:
        killers[mutant.name] = killer
        if killer == SURVIVED and mutant.name not in known:
            _say(f"survived: {mutant.name}")
        if asked.verbose:
            _say(f"{mutant.name}  <-  {killer}")

    if not Judge(heard, asked.jobs).judge(chosen):
        _say("the kernel's own tests fail: nothing was judged")
        return 1
    stale = [name for name in known if name not in {mutant.name for mutant in every}]
    stale += [name for name in known if killers.get(name, SURVIVED) != SURVIVED]
    for name in stale:
        _say(f"no longer equivalent, or gone: {name}")
    survivors = [n for n, killer in killers.items() if killer == SURVIVED and n not in known]
    _say(_summary(chosen, killers, known, perf_counter() - started))
    return 1 if survivors or stale or len(killers) != len(chosen) else 0


def _summary(
    chosen: Sequence[Mutant],
    killers: Mapping[str, str],
    known: Mapping[str, str],
    seconds: float,
) -> str:
    lines = [f"{'module':<14}{'mutants':>9}{'killed':>9}{'equivalent':>12}{'survived':>10}"]
    for module in (*KERNEL, "all"):
        of = [m for m in chosen if module in (m.module, "all")]
        killed = sum(killers[m.name] != SURVIVED for m in of)
        equivalent = sum(m.name in known and killers[m.name] == SURVIVED for m in of)
        survived = len(of) - killed - equivalent
        lines.append(f"{module:<14}{len(of):>9}{killed:>9}{equivalent:>12}{survived:>10}")
    lines.append(f"{seconds:.0f} s")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sample", type=int, default=0, help="so many of all, 0: all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--only", default="", help="mutants whose name contains this")
    parser.add_argument("--verbose", action="store_true", help="name each mutant and its killer")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
