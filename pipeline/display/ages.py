"""How old frames were once a client had drawn them: figures of the last few thousand."""

from __future__ import annotations

from collections import deque

import numpy as np

from pipeline.display.limits import N_AGES


class Ages:
    """Exposure to the client's word that it has drawn, in ms."""

    def __init__(self) -> None:
        self._ms: deque[float] = deque(maxlen=N_AGES)

    def add(self, ms: float) -> None:
        """One drawn frame."""
        self._ms.append(ms)

    def figures(self) -> dict[str, float | int | None]:
        """p50, p95 and number; null where nothing was drawn."""
        if not self._ms:
            return {"n": 0, "p50_ms": None, "p95_ms": None}
        p50, p95 = np.percentile(self._ms, (50, 95)).tolist()
        return {"n": len(self._ms), "p50_ms": round(p50, 2), "p95_ms": round(p95, 2)}
