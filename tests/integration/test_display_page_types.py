"""The page's modules are type-checked; what they hold is small, and nothing comes from outside."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "pipeline" / "display" / "page"
FLAGS = (
    *("--checkJs", "--allowJs", "--strict", "--noEmit"),
    *("--noUnusedLocals", "--noImplicitReturns", "--noUncheckedIndexedAccess"),
    *("--target", "es2022", "--module", "es2022", "--moduleResolution", "node"),
    *("--lib", "es2022,dom,dom.iterable"),
)
MAX_LINES = 260
WORDS = ("en.js", "de.js")  # catalogues are as long as there are words


def modules() -> list[Path]:
    return sorted(PAGE.rglob("*.js"))


@pytest.mark.slow
def test_types() -> None:
    compiler = shutil.which("tsc")
    if compiler is None:
        text = "tsc is missing: the page's types are NOT checked (Debian: node-typescript)"
        warnings.warn(text, stacklevel=1)
        pytest.skip(text)
    command = [compiler, *FLAGS, *map(str, modules())]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert checked.stdout == ""
    assert checked.returncode == 0


def test_modules_are_small_and_say_what_they_are() -> None:
    for path in modules():
        text = path.read_text(encoding="utf-8")
        assert text.startswith("/**"), path
        assert path.name in WORDS or len(text.splitlines()) <= MAX_LINES, path


def test_nothing_is_inline_or_from_outside() -> None:
    for path in PAGE.rglob("*"):
        if path.suffix in {".js", ".css", ".html", ".svg"}:
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?://|@import|url\(|\son\w+=|\sstyle=", text), path
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)", page)
