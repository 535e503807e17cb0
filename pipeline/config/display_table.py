"""`[display]` of `site.toml`: where the display is served, and to whom."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.config.display_settings import LOOPBACK, DisplaySettings
from tracking.errors import ConfigurationError
from tracking.strict_toml import StrictTable, Text
from tracking.toml_text import TomlValue

Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]


class DisplayTable(StrictTable):
    """`[display]` as written."""

    host: Text = LOOPBACK
    port: Port | None = None
    viewer_token_file: Text | None = None
    certificate: Text | None = None
    key: Text | None = None
    allowed_hosts: list[Name] = Field(default=[])
    language: Language = "en"


def display_settings_of(table: DisplayTable, what: str) -> DisplaySettings:
    """Return the settings; `what` names the file.

    Raises
    ------
    ConfigurationError
        A key is missing, or has no meaning for this host.
    """
    for problem in _problems(table):
        raise ConfigurationError(
            f"{what}: [display] contradicts itself: {problem}.",
            remedy="Correct the keys; the example site file lists them.",
        )
    return DisplaySettings(
        host=table.host,
        port=table.port or 0,
        viewer_token_file=_path(table.viewer_token_file),
        certificate=_path(table.certificate),
        key=_path(table.key),
        allowed_hosts=tuple(table.allowed_hosts),
        language=table.language,
    )


def display_table_of(settings: DisplaySettings) -> dict[str, TomlValue]:
    """Return the settings under the keys of the file; where token and key lie, never the two."""
    values: dict[str, TomlValue | None] = {
        "host": settings.host,
        "port": settings.port or None,
        "viewer_token_file": _text(settings.viewer_token_file),
        "certificate": _text(settings.certificate),
        "key": _text(settings.key),
        "allowed_hosts": list(settings.allowed_hosts) or None,
        "language": settings.language,
    }
    return {key: value for key, value in values.items() if value is not None}


def _problems(table: DisplayTable) -> Iterator[str]:
    try:
        host = ip_address(table.host)
    except ValueError:
        yield f"host must be the IP address of one interface, got {table.host}"
        return
    if host.is_unspecified or host.is_multicast:
        yield f"host must be the IP address of one interface, got {table.host}"
    if (table.certificate is None) != (table.key is None):
        yield "certificate and key belong together"
    if table.viewer_token_file is not None and table.port is None:
        yield "a second viewer needs port: its address must last"
    if host.is_loopback:
        for name in ("certificate", "allowed_hosts"):
            if getattr(table, name):
                yield f"{name} belongs to a host beyond this machine"
        return
    for name in ("certificate", "viewer_token_file"):
        if getattr(table, name) is None:
            yield f"a host beyond this machine needs {name}"


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
