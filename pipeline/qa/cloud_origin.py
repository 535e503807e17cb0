"""Which camera a measured cloud is of, and of when: what a QA run asks of handed figures."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.cloud_file import Cloud
from pipeline.qa.moment import measured_at
from tracking.errors import UsageError


def camera_of(cloud: Cloud, uri: str, told: str | None) -> str | None:
    """The camera's serial: a recording's own, or what is told of a cloud file; None: not known.

    Raises
    ------
    UsageError
        Another serial is told than the recording has.
    """
    own = "" if cloud.header is None else cloud.header.device_serial
    if own and told is not None and own != told:
        raise UsageError(
            f"--serial contradicts the recording {uri}.",
            expected=f"--serial {own}, or none",
            actual=f"--serial {told}",
        )
    return own or told or None


def moment_of_cloud(cloud: Cloud) -> datetime:
    """When it was exposed: the recording's own time, or that of the file's last change.

    Raises
    ------
    SourceError
        A live recording does not say when it was made.
    """
    now = datetime.now(UTC)
    if cloud.header is not None:
        return measured_at(cloud.header, now)
    return cloud.changed_at or now
