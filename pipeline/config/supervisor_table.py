"""`[supervisor]` of `site.toml`: where READY goes, and what tells that the beam is on."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.supervisor_settings import SupervisorSettings
from pipeline.supervisor.permissive import AfterBeamOn
from pipeline.supervisor.start import LineName, OutputName, Wiring
from tracking.errors import ConfigurationError
from tracking.strict_toml import StrictTable, Text
from tracking.toml_text import TomlValue

LOOPBACK = "127.0.0.1"
MAX_UNIX_PATH_BYTES = 100  # of sun_path's 108

Port = Annotated[int, Field(ge=1, le=65535)]


class SupervisorTable(StrictTable):
    """`[supervisor]` as written. A socket is at `address` and `port`, or at `path`."""

    output: OutputName = "none"
    address: Text | None = None
    port: Port | None = None
    path: Text | None = None
    key_file: Text | None = None
    device: Text | None = None
    read_back: LineName = "none"
    beam_input: LineName = "none"
    beam_device: Text | None = None
    after_beam_on: Literal["alarm", "hold"] = "alarm"


def settings_of(table: SupervisorTable, what: str) -> SupervisorSettings:
    """Return the settings; `what` names the file.

    Raises
    ------
    ConfigurationError
        A key is missing or has no meaning for this output.
    """
    for problem in _problems(table):
        raise ConfigurationError(
            f"{what}: [supervisor] contradicts itself: {problem}.",
            remedy="Correct the keys; the example site file lists them.",
        )
    address = table.path or (table.address or LOOPBACK if table.output == "socket" else "")
    return SupervisorSettings(
        Wiring(
            output=table.output,
            address=address,
            port=table.port,
            device=table.device or "",
            read_back=table.read_back,
            beam_input=table.beam_input,
            beam_device=table.beam_device or "",
            after_beam_on=AfterBeamOn(table.after_beam_on),
        ),
        None if table.key_file is None else Path(table.key_file),
    )


def table_of(settings: SupervisorSettings) -> dict[str, TomlValue]:
    """Return the settings under the keys of the file; where the key lies, never the key."""
    wiring = settings.wiring
    is_unix = wiring.output == "socket" and wiring.port is None
    values: dict[str, TomlValue | None] = {
        "output": wiring.output,
        "address": None if is_unix else wiring.address or None,
        "port": wiring.port,
        "path": wiring.address if is_unix else None,
        "key_file": None if settings.key_file is None else str(settings.key_file),
        "device": wiring.device or None,
        "read_back": wiring.read_back,
        "beam_input": wiring.beam_input,
        "beam_device": wiring.beam_device or None,
        "after_beam_on": str(wiring.after_beam_on),
    }
    return {key: value for key, value in values.items() if value is not None}


def _problems(table: SupervisorTable) -> Iterator[str]:
    is_socket, is_serial = table.output == "socket", table.output == "serial"
    for name in ("address", "port", "path", "key_file"):
        if getattr(table, name) is not None and not is_socket:
            yield f"{name} belongs to output = 'socket'"
    if is_socket:
        yield from _socket_problems(table)
    if is_serial and table.device is None:
        yield "output = 'serial' needs device"
    if not is_serial and (table.device is not None or table.read_back != "none"):
        yield "device and read_back belong to output = 'serial'"
    if table.beam_input == "none" and table.beam_device is not None:
        yield "beam_device needs beam_input"
    if table.beam_input != "none" and table.beam_device is None and not is_serial:
        yield "beam_input needs beam_device"
    is_one_port = table.beam_device is None or table.beam_device == table.device
    if is_one_port and table.beam_input == table.read_back != "none":
        yield "beam_input and read_back are the same line"


def _socket_problems(table: SupervisorTable) -> Iterator[str]:
    if table.key_file is None:
        yield "output = 'socket' needs key_file"
    if (table.path is None) == (table.port is None):
        yield "output = 'socket' needs port, or path, and not both"
    if table.path is not None and table.address is not None:
        yield "address and path name two places"
    if table.path is not None and len(table.path.encode()) > MAX_UNIX_PATH_BYTES:
        yield f"path is longer than {MAX_UNIX_PATH_BYTES} bytes"
    if table.address is not None and not _is_one_interface(table.address):
        yield f"address must be the IP address of one interface, got {table.address}"


def _is_one_interface(address: str) -> bool:
    try:
        return not ip_address(address).is_unspecified
    except ValueError:
        return False
