"""The kernel's own tests, collected once and run item by item, likeliest killer first."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import ROOT

FILES = (
    "tests/unit/tracking/test_gate.py",
    "tests/unit/tracking/test_gate_doubt.py",
    "tests/unit/tracking/test_gate_identity.py",
    "tests/unit/tracking/test_gate_reasons.py",
    "tests/unit/tracking/test_guards.py",
    "tests/unit/tracking/test_limit_checks.py",
    "tests/unit/tracking/test_survey_gate.py",
    "tests/unit/tracking/test_reasons.py",
    "tests/unit/tracking/test_kernel_values.py",
    "tests/unit/tracking/test_limit_edges.py",
)
VALUES = "tests/unit/tracking/test_kernel_values.py"
LIKELY = {
    "decision": (VALUES,),
    "snapshot": (VALUES,),
    "limit_checks": (VALUES, "tests/unit/tracking/test_limit_checks.py"),
    "guards": (VALUES, "tests/unit/tracking/test_guards.py"),
    "gate": (VALUES, "tests/unit/tracking/test_gate.py"),
}
"""Files to begin with where a module has to be imported anew."""
SURVIVED = "survived"

ARGUMENTS = (
    *("-o", "addopts=", "--import-mode=importlib", "--rootdir", str(ROOT)),
    *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging"),
)


class _InsteadOfTheLoop:
    """A plugin that hands the collected items over instead of running them."""

    def __init__(self, take: Callable[[Sequence[pytest.Item]], None]) -> None:
        self._take = take

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Stop pytest from running anything of its own; what did not import has failed."""
        if not session.testsfailed:
            self._take(session.items)
        return True


def collect(files: Sequence[str], take: Callable[[Sequence[pytest.Item]], None]) -> bool:
    """Collect the files' tests and hand them over. Returns whether they could be collected."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    paths = [str(ROOT / name) for name in files]
    status = pytest.main([*ARGUMENTS, *paths], plugins=[_InsteadOfTheLoop(take)])
    return status == pytest.ExitCode.OK


def first_failure(items: Sequence[pytest.Item]) -> str:
    """Name of the first test that fails; `SURVIVED` where none does."""
    for item in items:
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=None)):
            return item.nodeid
    return SURVIVED
