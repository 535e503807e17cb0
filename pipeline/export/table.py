"""Records as CSV: a row a frame, every quantity with its sigma."""

from __future__ import annotations

import csv
from pathlib import Path

from pipeline.export.exporter import refuse_existing
from pipeline.sinks.sink import FrameResult
from tracking.alignment import Alignment
from tracking.errors import UsageError

FRONT = ("frame_index", "stamp_ns", "verdict", "reasons", "registration", "survey", "bed")
CONE = ("applicator", "decided", "axis_sigma_deg", "exit_sigma_mm", "inlier_fraction", "total_ms")


class TableExport:
    """Raises UsageError where the file exists or cannot be made."""

    def __init__(self, path: Path) -> None:
        names = [name for name, _ in Alignment().measurements()]
        try:
            self._file = path.open("x", encoding="utf-8", newline="")
        except FileExistsError as error:
            raise refuse_existing("--csv", str(path)) from error
        except OSError as error:
            raise UsageError(f"--csv: {path} cannot be created.", actual=str(error)) from error
        self._rows = csv.writer(self._file, lineterminator="\n")
        sigmas = [f"{name}_sigma" for name in names]
        pairs = [column for pair in zip(names, sigmas, strict=True) for column in pair]
        self._rows.writerow([*FRONT, *CONE, *pairs])

    def emit(self, result: FrameResult) -> None:
        """Write one row; a quantity that was not observed is empty."""
        record = result.record
        registration, identity = record.registration, record.alignment.applicator_id
        front = (
            record.frame_index,
            record.stamp_ns,
            record.decision.verdict,
            " ".join(str(reason) for reason in record.decision.reasons),
            registration.status,
            record.survey.status,
            record.bed.status,
        )
        cone = (
            identity.value or "",
            int(identity.decided),
            _text(registration.axis_sigma_deg),
            _text(registration.exit_sigma_mm),
            _text(registration.inlier_fraction),
            _text(record.stage_ms.get("total")),
        )
        quantities = [
            _text(part) for _, m in record.alignment.measurements() for part in (m.value, m.sigma)
        ]
        self._rows.writerow([*front, *cone, *quantities])

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()


def _text(value: float | None) -> str:
    return "" if value is None else repr(float(value))
