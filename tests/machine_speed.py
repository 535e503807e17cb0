"""Whether this machine is quick enough to hold a release, alone or beside a browser.

A release lasts 100 ms from a frame's stamp (DESIGN section 6). Where a frame takes so long that the
next one comes later, the session is right never to hold it, and a test that waits for it can only
time out. The network's answer, alone, tells such machines: goals of time are stated for 8 ms a
frame, and this is the better part of it.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from models.loading import SHIPPED_MANIFEST
from models.session import load_session

LONGEST_BESIDE_BROWSER_MS, LONGEST_ALONE_MS = 8.0, 16.0
N_ANSWERS, N_WARM = 40, 10


def answer_ms() -> float:
    """Median time of the shipped network's answer, ms."""
    manifest, session = load_session(SHIPPED_MANIFEST)
    planes = np.full(manifest.input_shape, 128, np.uint8)
    took = []
    for _ in range(N_ANSWERS):
        started = time.perf_counter()
        session.answer(planes)
        took.append(time.perf_counter() - started)
    return 1000 * float(np.median(took[N_WARM:]))


def skip_where_slow(network_ms: float, longest_ms: float, left_out: str) -> None:
    """Skip loudly what such a machine cannot show."""
    if network_ms > longest_ms:
        pytest.skip(
            f"{left_out}: the network's answer takes {network_ms:.1f} ms on this machine, and the "
            f"release that this test waits for is held where it takes at most {longest_ms:.0f}"
        )
