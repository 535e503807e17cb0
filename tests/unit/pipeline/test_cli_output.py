"""What commands print is what the data says: no markup, no line breaks, no control characters."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.cli.output import print_json, print_table, shown
from recordings.session.writer import SessionWriter
from tests.recording_frames import make_header

NOT_UTF8 = os.fsdecode(b"\xff.mcap")
TOO_LONG = "n" * 300


def test_what_cannot_be_seen_is_shown_escaped() -> None:
    assert shown("a\nb\tc\x1b[31m\x7f\u202e\u2028") == r"a\nb\tc\x1b[31m\x7f\u202e\u2028"
    assert shown(NOT_UTF8) == r"\xff.mcap"
    assert shown("é 中 [red] \\n") == "é 中 [red] \\n"


def test_markup_in_a_table_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("[b]title[/b]", ("[i]head", ":smile:"), [("[red]b[-red].mcap", "[/]")], width=80)
    out = capsys.readouterr().out
    for text in ("[b]title[/b]", "[i]head", ":smile:", "[red]b[-red].mcap", "[/]"):
        assert text in out


def test_a_cell_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("a\ntitle", ("head",), [("one\ntwo\r\x1b[2J",)], width=80)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert r"a\ntitle" in lines
    assert r"one\ntwo\r\x1b[2J" in lines


def test_json_tells_a_name_that_is_not_utf8(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": NOT_UTF8, "other": "é"})
    out = capsys.readouterr().out
    assert json.loads(out) == {"name": NOT_UTF8, "other": "é"}
    assert "é" in out


def test_info_keeps_a_value_on_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / NOT_UTF8
    with SessionWriter(path, replace(make_header(), device_serial="S1\nplan X\x1b[31m")):
        pass
    assert main(["sessions", "info", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert r"camera       Camera S1\nplan X\x1b[31m" in lines
    assert lines[0].startswith(r"file         \xff.mcap, ")
    assert main(["sessions", "info", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == r"\xff.mcap"


@pytest.mark.parametrize("command", ["info", "verify"])
def test_a_name_that_no_file_can_have_does_not_exist(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sessions", command, TOO_LONG]) == 5
    assert "does not exist" in capsys.readouterr().err
    assert main(["sessions", command, "nothing.mcap"]) == 2
