"""Intraoperative imaging and applicator tracking: the command line (`--help` lists it)."""

from __future__ import annotations

import os
import sys

# One thread each, set before numpy and Open3D load: sums over threads come in the order in which
# threads finish, and a replay must give the same bytes. OpenCV's work on a crop is too small to
# share: up to a quarter of a frame's CPU time went into waking threads. Ray casting and inference
# keep theirs.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
    os.environ[name] = "1"

from pipeline.cli.app import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
