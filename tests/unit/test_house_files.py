"""Rules that every file of the project keeps: size, no machine's paths, no index addresses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("tracking", "recordings", "models", "calibration", "pipeline")
NOT_OURS = {".git", ".venv", ".venv-train", "runs", "build", "__pycache__", ".hypothesis"}
TEXT_SUFFIXES = {".py", ".toml", ".md", ".lock", ".sh", ".html", ".j2", ".yaml", ".json", ".css"}
TEXT_NAMES = {"Makefile", "NOTICE", "run", ".gitignore"}

MAX_LINES = 400
MAX_MEDIAN_LINES = 150  # the aim is about 110; above this the files have begun to grow

MACHINE_PATH = re.compile(r"(?<![\w.$}/])/(?:work|home|root|Users|opt|mnt|srv)/\w")
INDEX_ADDRESS = re.compile(
    r"pypi\.org|pythonhosted\.|download\.pytorch\.|deb\.debian\.|npmjs\.|--(?:extra-)?index-url "
)


def text_files() -> Iterator[Path]:
    for folder, names, files in os.walk(ROOT):
        names[:] = [n for n in names if n not in NOT_OURS and not n.endswith("_cache")]
        for name in files:
            path = Path(folder, name)
            if path.suffix in TEXT_SUFFIXES or name in TEXT_NAMES:
                yield path


def python_files() -> list[Path]:
    own = [path for folder in (*SOURCES, "tests", ".ci") for path in (ROOT / folder).rglob("*.py")]
    return sorted([*own, ROOT / "run_tracker.py"])


def n_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def matches(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_is_long() -> None:
    long = {str(path.relative_to(ROOT)): n_lines(path) for path in python_files()}
    assert {name: n for name, n in long.items() if n > MAX_LINES} == {}


def test_most_files_are_short() -> None:
    sizes = [n_lines(path) for path in python_files() if path.name != "__init__.py"]
    assert median(sizes) <= MAX_MEDIAN_LINES


def test_no_file_names_a_place_on_a_machine() -> None:
    assert matches(MACHINE_PATH) == []


def test_no_file_names_a_package_index() -> None:
    assert matches(INDEX_ADDRESS) == []


def test_the_patterns_find_what_they_are_for() -> None:
    slash, dot = "/", "."
    assert MACHINE_PATH.search(f'open("{slash}home{slash}someone{slash}plan.toml")')
    assert not MACHINE_PATH.search("runs/home/x")
    assert INDEX_ADDRESS.search(f"https://pypi{dot}org/simple")


def test_every_source_folder_is_a_package() -> None:
    folders = {path.parent for name in SOURCES for path in (ROOT / name).rglob("*.py")}
    assert [str(f.relative_to(ROOT)) for f in folders if not (f / "__init__.py").exists()] == []


def test_test_files_have_names_of_their_own() -> None:
    names = sorted(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(names) == len(set(names)), names
