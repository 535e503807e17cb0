"""`[supervisor]` of a site, and the key that the second computer shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.config_tables import site_table
from pipeline.config.site_file import parse_site
from pipeline.config.supervisor_settings import SupervisorSettings
from pipeline.supervisor.key_file import read_key_file
from pipeline.supervisor.lease_holder import LEASE_NS
from pipeline.supervisor.permissive import AfterBeamOn
from pipeline.supervisor.start import Wiring
from tests.config_texts import SITE
from tracking.errors import ConfigurationError
from tracking.toml_text import toml_text

EXAMPLE_SITE = Path(__file__).resolve().parents[3] / "pipeline" / "config" / "site.example.toml"
TCP = 'output = "socket"\nport = 7341\nkey_file = "k"\n'
UNIX = 'output = "socket"\npath = "run/s"\nkey_file = "k"\n'
SERIAL = 'output = "serial"\ndevice = "ttyS0"\n'


def settings(table: str) -> SupervisorSettings:
    return parse_site(f"{SITE}[supervisor]\n{table}", "site.toml").supervisor


def test_a_site_without_the_table_drives_nothing() -> None:
    assert parse_site(SITE, "site.toml").supervisor == SupervisorSettings()
    assert SupervisorSettings().wiring == Wiring(output="none", after_beam_on=AfterBeamOn.ALARM)


def test_a_socket_listens_on_the_loopback_unless_told() -> None:
    assert settings(TCP) == SupervisorSettings(
        Wiring(output="socket", address="127.0.0.1", port=7341), Path("k")
    )
    assert settings(TCP + 'address = "192.0.2.1"\n').wiring.address == "192.0.2.1"
    unix = settings(UNIX).wiring
    assert (unix.address, unix.port) == ("run/s", None)


def test_a_serial_relay_with_feedback_and_beam_on_its_own_lines() -> None:
    more = 'read_back = "cts"\nbeam_input = "dsr"\nafter_beam_on = "hold"\n'
    assert settings(SERIAL + more).wiring == Wiring(
        output="serial",
        device="ttyS0",
        read_back="cts",
        beam_input="dsr",
        after_beam_on=AfterBeamOn.HOLD,
    )


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ('output = "socket"\nport = 7341\n', "needs key_file"),
        ('output = "socket"\nkey_file = "k"\n', "needs port, or path"),
        (TCP + 'path = "run/s"\n', "not both"),
        (UNIX + 'address = "127.0.0.1"\n', "two places"),
        ('output = "socket"\nkey_file = "k"\npath = "' + 101 * "x" + '"\n', "longer than 100"),
        (TCP + 'address = "0.0.0.0"\n', "one interface"),
        (TCP + 'address = "::"\n', "one interface"),
        (TCP + 'address = "localhost"\n', "one interface"),
        ('output = "serial"\n', "needs device"),
        (SERIAL + "port = 7341\n", "belongs to output = 'socket'"),
        ('device = "ttyS0"\n', "belong to output = 'serial'"),
        (TCP + 'read_back = "cts"\n', "belong to output = 'serial'"),
        (TCP + 'beam_input = "cts"\n', "needs beam_device"),
        (SERIAL + 'beam_device = "ttyS1"\n', "beam_device needs beam_input"),
        (SERIAL + 'read_back = "cts"\nbeam_input = "cts"\n', "the same line"),
    ],
)
def test_what_contradicts_itself_is_refused(table: str, part: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\[supervisor\] contradicts itself") as caught:
        settings(table)
    assert part in caught.value.what


@pytest.mark.parametrize(
    "line",
    [
        "lease_ms = 500",
        "k = 2.0",
        'after_beam_on = "ignore"',
        'output = "usb"',
        "port = 0",
        'port = "7341"',
        'beam_input = "ri"',
    ],
)
def test_nothing_stretches_the_lease_and_nothing_unknown_is_read(line: str) -> None:
    with pytest.raises(ConfigurationError):
        settings(f"{line}\n")
    assert LEASE_NS == 100_000_000


@pytest.mark.parametrize("table", ["", TCP, UNIX, SERIAL + 'read_back = "cd"\n'])
def test_the_effective_configuration_says_it_back(table: str) -> None:
    site = parse_site(f"{SITE}[supervisor]\n{table}", "site.toml")
    written = toml_text({"schema": 1, **site_table(site)})
    assert parse_site(written, "written").supervisor == site.supervisor


def test_the_example_in_the_example_site_is_read() -> None:
    text = EXAMPLE_SITE.read_text(encoding="utf-8")
    _, _, commented = text.partition("# [supervisor]\n")
    section, _, _ = commented.partition("\n\n")
    lines = [line.removeprefix("# ") for line in section.splitlines()]
    socket_lines = [x for x in lines if not x.startswith(("device", "read_back"))]
    found = settings("\n".join(socket_lines))
    assert found.wiring.output == "socket"
    assert found.wiring.beam_input == "dsr"


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "heartbeat.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_key_is_read_from_its_owners_file(tmp_path: Path) -> None:
    assert read_key_file(key_file(tmp_path, "0a" * 32 + "\n")) == b"\n" * 32


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigurationError, match="by others"):
        read_key_file(key_file(tmp_path, "0a" * 32, mode))


@pytest.mark.parametrize("text", ["", "0a" * 31, "xy" * 32, "0a" * 31 + "0"])
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="does not hold a key"):
        read_key_file(key_file(tmp_path, text))


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        read_key_file(tmp_path / "absent")
