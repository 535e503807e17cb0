"""The jackknife's covariance: how far an estimate moves when one group of its data is left out."""

from __future__ import annotations

import numpy as np

from tracking.arrays import Float


def jackknife_covariance(without: Float) -> Float:
    """Covariance (k, k) from estimates (n, k), each without one of n groups (Kott 2001)."""
    n = len(without)
    moved = without - without.mean(axis=0)
    return np.asarray((n - 1) / n * moved.T @ moved, dtype=np.float64)
