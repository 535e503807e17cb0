"""What the code imports is declared and locked, and the command line starts light."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Set
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("tracking", "recordings", "models", "calibration", "pipeline")
TRAINING = ROOT / "models" / "training"
BENCHMARKS = ROOT / "pipeline" / "benchmarks"
# Rivals, servers and browsers that benchmarks need: for developers only.
DEVELOPERS = {
    BENCHMARKS / name
    for name in (
        *("small_gicp_method.py", "object_store.py", "browser.py", "screencast.py"),
        *("watchdog.py", "watchdog_screen.py"),
    )
}
WITH_TORCH = {  # skipped without it
    ROOT / "tests" / "unit" / "models" / name
    for name in ("test_recovered.py", "test_training_optimisers.py", "test_training_steps.py")
}
OPEN3D = {"open3d-cpu": "open3d"}  # what provides it here, and what is declared
HEAVY = {
    *("open3d", "onnx", "onnxruntime", "pyrealsense2", "cv2", "numpy", "scipy", "matplotlib"),
    *("av", "mcap", "imagecodecs", "simplejpeg", "torch", "PIL"),
    *("dask", "distributed", "fastapi", "fsspec", "rerun", "uvicorn", "websockets"),
}


def declared(*extras: str) -> Set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - set(SOURCES) - {"tests", "run_tracker"}


def undeclared(paths: list[Path], allowed: Set[str]) -> dict[str, list[str]]:
    providers = packages_distributions()
    missing: dict[str, list[str]] = {}
    for path in paths:
        for name in sorted(imported_names(path)):
            found = {canonicalize_name(p) for p in providers.get(name, [name])}
            if not {OPEN3D.get(p, p) for p in found} & allowed:
                missing.setdefault(name, []).append(str(path.relative_to(ROOT)))
    return missing


def sources() -> list[Path]:
    found = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")]
    return [*found, ROOT / "run_tracker.py"]


def test_the_application_imports_only_what_it_declares() -> None:
    paths = [p for p in sources() if not p.is_relative_to(TRAINING) and p not in DEVELOPERS]
    assert undeclared(paths, declared()) == {}


def test_what_only_developers_run_is_declared_for_them() -> None:
    assert undeclared(sorted(DEVELOPERS), declared("dev")) == {}


def test_training_imports_only_what_it_declares() -> None:
    assert undeclared(list(TRAINING.rglob("*.py")), declared("train")) == {}


def test_tests_import_only_what_is_declared_or_a_part_of_pytest() -> None:
    allowed = declared("dev") | {"packaging"}  # pytest itself needs packaging
    assert (
        undeclared([p for p in (ROOT / "tests").rglob("*.py") if p not in WITH_TORCH], allowed)
        == {}
    )
    assert undeclared(sorted(WITH_TORCH), allowed | declared("train")) == {}


def test_an_undeclared_import_is_found() -> None:
    path = ROOT / "tests" / "unit" / Path(__file__).name
    assert undeclared([path], set()) == {"packaging": [str(path.relative_to(ROOT))]}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import runpy, sys\n"
        "sys.argv = ['run_tracker.py', '--help']\n"
        "try:\n    runpy.run_path('run_tracker.py', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('loaded:', sorted(set(sys.modules) & {HEAVY!r}))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "replay" in result.stdout
    assert result.stdout.rstrip().endswith("loaded: []")
