"""What is in force beside a live session's loop, as the page is told."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from calibration.rig_check import expires_at, is_rig_valid
from pipeline.qa.watch import QaWatch
from pipeline.recorder.client import LiveRecorder
from pipeline.session_report.on_demand import ReportOnDemand
from pipeline.workflow.follower import Around
from tracking.rig import Rig


class LiveAround:
    """Asked once a frame."""

    def __init__(
        self,
        rig: Rig,
        qa: QaWatch,
        report: ReportOnDemand,
        recorder: LiveRecorder | None = None,
    ) -> None:
        self._rig, self._qa, self._report = rig, qa, report
        self._recorder = recorder
        self._until = f"{expires_at(rig):%Y-%m-%d %H:%M} UTC"

    def __call__(self) -> Around:
        """As of now."""
        now_ns = time.time_ns()
        recorded = None if self._recorder is None else self._recorder.status
        return Around(
            qa=self._qa.shown(now_ns),
            qa_told=self._qa.told,
            has_calibration=is_rig_valid(self._rig, datetime.fromtimestamp(now_ns / 1e9, UTC)),
            calibration_until=self._until,
            report_html=self._report.path("html"),
            report_pdf=self._report.path("pdf"),
            has_report_failed=self._report.has_failed,
            is_recording=recorded is not None and not recorded.failure,
            storage_warnings=() if recorded is None else recorded.warnings,
        )
