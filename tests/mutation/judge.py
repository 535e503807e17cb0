"""Does a test notice the mutant? The mutated kernel, put in place inside a forked process."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FunctionType, ModuleType

import pytest

from tests.mutation.forks import fork_each
from tests.mutation.kernel_tests import FILES, LIKELY, SURVIVED, collect, first_failure
from tests.mutation.mutants import KERNEL, Mutant

BESIDE_THE_KERNEL = (
    *("numpy", "scipy.ndimage", "tracking.applicator_mesh"),
    *("tracking.camera", "tracking.depth_noise", "tracking.plan", "tracking.rig"),
)
"""What the tests need and no mutant touches: imported before the processes fork."""


@dataclass
class Judge:
    """Runs the kernel's tests on mutants.

    `heard` is called with each mutant and the test that killed it, or `SURVIVED`.
    """

    heard: Callable[[Mutant, str], None]
    n_jobs: int = 2
    _of_function: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _of_module: Counter[tuple[str, str]] = field(default_factory=Counter)

    def judge(self, mutants: Sequence[Mutant]) -> bool:
        """Judge all. Returns whether the tests pass on the kernel as it is; else nothing counts."""
        for name in BESIDE_THE_KERNEL:
            importlib.import_module(name)
        if any(f"tracking.{name}" in sys.modules for name in KERNEL):
            raise RuntimeError("the kernel was imported before it could be mutated")
        passed: list[str] = []
        fork_each([FILES], _tested, lambda _, answer: passed.append(answer), 1)
        if passed != [SURVIVED]:
            return False
        whole = [mutant for mutant in mutants if not mutant.function]
        fork_each(whole, self._import_and_test, self._done, self.n_jobs)

        def take(items: Sequence[pytest.Item]) -> None:
            inner = [mutant for mutant in mutants if mutant.function]
            fork_each(
                inner, lambda mutant: self._swap_and_test(mutant, items), self._done, self.n_jobs
            )

        return collect(FILES, take)

    def _done(self, mutant: Mutant, killer: str) -> None:
        self._of_function[mutant.module, mutant.function, killer] += 1
        self._of_module[mutant.module, killer] += 1
        self.heard(mutant, killer)

    def _import_and_test(self, mutant: Mutant) -> str:
        """The module as a whole, before anything imports it."""
        name = f"tracking.{mutant.module}"
        module = ModuleType(name)
        sys.modules[name] = module
        exec(mutant.code(), module.__dict__)  # noqa: S102 - our own source
        setattr(sys.modules["tracking"], mutant.module, module)
        killer = _tested(LIKELY[mutant.module])
        if killer == SURVIVED:
            killer = _tested(FILES, lambda items: self._ordered(items, mutant))
        return killer

    def _swap_and_test(self, mutant: Mutant, items: Sequence[pytest.Item]) -> str:
        """One function's code alone: whoever holds the function runs the mutant."""
        module = sys.modules[f"tracking.{mutant.module}"]
        namespace: dict[str, object] = {"__name__": module.__name__}
        exec(mutant.code(), namespace)  # noqa: S102 - our own source
        old = _function(vars(module), mutant.function)
        new = _function(namespace, mutant.function)
        old.__code__, old.__defaults__ = new.__code__, new.__defaults__
        old.__kwdefaults__ = new.__kwdefaults__
        return first_failure(self._ordered(items, mutant))

    def _ordered(self, items: Sequence[pytest.Item], mutant: Mutant) -> list[pytest.Item]:
        """Who killed the function's other mutants first, then the module's, then the file's own."""

        def key(item: pytest.Item) -> tuple[int, int, bool]:
            return (
                -self._of_function[mutant.module, mutant.function, item.nodeid],
                -self._of_module[mutant.module, item.nodeid],
                mutant.module not in item.nodeid,
            )

        return sorted(items, key=key)


def _tested(
    files: Sequence[str],
    ordered: Callable[[Sequence[pytest.Item]], Sequence[pytest.Item]] = lambda items: items,
) -> str:
    """First test of the files that fails, "import" where they cannot be collected."""
    answers: list[str] = []
    is_collected = collect(files, lambda items: answers.append(first_failure(ordered(items))))
    return answers[0] if is_collected and answers else "import"


def _function(namespace: dict[str, object], name: str) -> FunctionType:
    owner, _, function = name.rpartition(".")
    found = vars(namespace[owner])[function] if owner else namespace[function]
    found = found.fget if isinstance(found, property) else found
    if not isinstance(found, FunctionType):
        raise TypeError(f"{name} is no function")
    return found
