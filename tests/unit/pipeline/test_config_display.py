"""`[display]` of a site: strict, written out again, and held to what it needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.config.config_tables import site_table
from pipeline.config.display_settings import DisplaySettings
from pipeline.config.site_file import parse_site
from pipeline.display.listening import listen, place
from tests.config_texts import SITE
from tracking.errors import ConfigurationError, UsageError
from tracking.toml_text import toml_text

EXAMPLE_SITE = Path(__file__).resolve().parents[3] / "pipeline" / "config" / "site.example.toml"
OUTER = (
    'host = "192.0.2.10"\nport = 7342\nviewer_token_file = "t"\n'
    'certificate = "c.pem"\nkey = "k.pem"\n'
)


def settings(table: str) -> DisplaySettings:
    return parse_site(f"{SITE}[display]\n{table}", "site.toml").display


def test_without_the_table_this_machine_alone_is_served() -> None:
    assert parse_site(SITE, "site.toml").display == DisplaySettings()
    assert DisplaySettings().is_local


def test_a_second_viewer_beyond_this_machine() -> None:
    found = settings(OUTER + 'allowed_hosts = ["or1.example.org"]\nlanguage = "de"\n')
    assert found == DisplaySettings(
        "192.0.2.10",
        7342,
        Path("t"),
        Path("c.pem"),
        Path("k.pem"),
        ("or1.example.org",),
        "de",
    )
    assert not found.is_local


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ('host = "0.0.0.0"\n', "one interface"),
        ('host = "or1"\n', "one interface"),
        ('host = "::"\n', "one interface"),
        ('host = "192.0.2.10"\nport = 1\nviewer_token_file = "t"\n', "needs certificate"),
        (OUTER.replace('viewer_token_file = "t"\n', ""), "needs viewer_token_file"),
        (OUTER.replace("port = 7342\n", ""), "needs port"),
        (OUTER.replace('key = "k.pem"\n', ""), "belong together"),
        ('viewer_token_file = "t"\n', "needs port"),
        ('certificate = "c"\nkey = "k"\n', "belongs to a host beyond"),
        ('allowed_hosts = ["x"]\n', "belongs to a host beyond"),
        ("port = 0\n", "port"),
        ("port = 65536\n", "port"),
        ('language = "english"\n', "language"),
        (OUTER + 'allowed_hosts = ["https://x"]\n', "allowed_hosts"),
        ('token = "secret"\n', "token"),
    ],
)
def test_contradictions_are_refused(table: str, part: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(part)):
        settings(table)


def test_what_is_written_out_is_read_again() -> None:
    site = parse_site(f"{SITE}[display]\n{OUTER}", "site.toml")
    text = toml_text({"schema": 1, **site_table(site)})
    assert parse_site(text, "again").display == site.display


def test_the_examples_keys_are_the_tables() -> None:
    text = EXAMPLE_SITE.read_text(encoding="utf-8")
    table = text[text.index("# [display]") :]
    lines = [line.removeprefix("# ") for line in table.splitlines()]
    found = parse_site(SITE + "\n".join(lines), "example").display
    assert found.viewer_token_file == Path("viewer.token")
    assert found.allowed_hosts == ("or1.example.org",)


def test_the_default_listens_on_the_loopback_alone() -> None:
    listening = listen(DisplaySettings())
    try:
        host, port = listening.inner.getsockname()
        assert host == "127.0.0.1"
        assert listening.outer is None
        assert listening.plain_hosts == (f"127.0.0.1:{port}", f"localhost:{port}")
        with pytest.raises(UsageError, match="cannot be served"):
            listen(DisplaySettings(port=port))
    finally:
        listening.close()


def test_a_foreign_address_or_a_spoilt_certificate_is_refused(tmp_path: Path) -> None:
    pem = tmp_path / "c.pem"
    pem.write_text("no certificate", encoding="ascii")
    spoilt = DisplaySettings("192.0.2.10", 0, tmp_path / "t", pem, pem)
    with pytest.raises(ConfigurationError, match="certificate cannot be used"):
        listen(spoilt)


@pytest.mark.parametrize(
    ("scheme", "host", "port", "text"),
    [
        ("http", "127.0.0.1", 7342, "127.0.0.1:7342"),
        ("http", "127.0.0.1", 80, "127.0.0.1"),
        ("https", "or1.example", 443, "or1.example"),
        ("https", "2001:db8::1", 7342, "[2001:db8::1]:7342"),
    ],
)
def test_places_are_written_as_browsers_do(scheme: str, host: str, port: int, text: str) -> None:
    assert place(scheme, host, port) == text
