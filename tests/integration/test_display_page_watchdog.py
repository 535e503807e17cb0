"""The verdict blanks itself whatever froze, as seen on the screen. `bench watchdog` runs more."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator

import pytest

from pipeline.benchmarks import browser as browser_module
from pipeline.benchmarks.watchdog import KINDS, LIMIT_MS, Trials, trials
from tracking.errors import UsageError

N_TRIALS = 2


@pytest.fixture(scope="module")
def bench() -> Iterator[Trials]:
    if shutil.which(browser_module.CHROMIUM) is None:
        text = "Chromium is missing: the display's watchdog is NOT tested (Debian: chromium)"
        warnings.warn(text, stacklevel=1)
        pytest.skip(text)
    with trials() as found:
        yield found


@pytest.mark.alone
@pytest.mark.parametrize("kind", KINDS)
def test_blank_in_time(bench: Trials, kind: str) -> None:
    for trial in range(N_TRIALS):
        age_ms = bench.run(kind, trial)
        assert age_ms is not None, f"{kind}: READY stayed on the screen"
        assert age_ms <= LIMIT_MS


def test_a_missing_browser_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_module, "CHROMIUM", "no-such-browser")
    with pytest.raises(UsageError, match="no-such-browser"), browser_module.chromium():
        pass
