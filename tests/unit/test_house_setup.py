"""The lock is whole, the licences are listed, and setup tells what it may not do itself."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
TRAIN_LOCK = ROOT / "requirements-train.lock"
GIVEN = {"opencv-python", "numpy", "scipy", "open3d", "pyrealsense2", "onnxruntime", "pytest"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(*extras: str) -> list[Requirement]:
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def locked(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, flags=re.MULTILINE))


def entries(path: Path) -> list[str]:
    text = "\n".join(x for x in path.read_text("utf-8").splitlines() if not x.startswith("#"))
    return re.split(r"\n(?=\S)", text)


def test_the_given_packages_are_listed_as_given() -> None:
    assert {requirement.name for requirement in requirements()} >= GIVEN


@pytest.mark.parametrize("lock", [LOCK, TRAIN_LOCK], ids=lambda path: path.name)
def test_every_locked_package_is_exact_and_hashed(lock: Path) -> None:
    entry = re.compile(r"[a-z0-9-]+==\S+( \\\n    --hash=sha256:[0-9a-f]{64})+")
    assert [text for text in entries(lock) if not entry.fullmatch(text)] == []


def test_the_lock_satisfies_what_the_project_asks_for() -> None:
    versions = {**locked(TRAIN_LOCK), **locked(LOCK)}
    versions["open3d"] = versions["open3d-cpu"]
    wrong = [
        str(requirement)
        for requirement in requirements("dev", "train")
        if not requirement.specifier.contains(versions[canonicalize_name(requirement.name)])
    ]
    assert wrong == []


def test_the_lock_takes_the_small_open3d_and_the_cpu_torch() -> None:
    assert "open3d" not in locked(LOCK)
    assert "torch" not in locked(LOCK)
    assert locked(TRAIN_LOCK)["torch"] == "2.13.0+cpu"


def test_the_notice_lists_every_locked_package() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    listed = re.findall(r"^([a-z0-9-]+) {2,}\S", notice, flags=re.MULTILINE)
    assert listed == list(locked(LOCK))


def test_ci_runs_the_suite_once_for_check_and_test() -> None:
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    result = subprocess.run(
        ["make", "--dry-run", "check", "test"],  # noqa: S607
        cwd=ROOT,
        env=plain,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "make check test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert len(re.findall(r"-m pytest", result.stdout)) == 1
    for step in ("ruff format --check", "ruff check", "mypy --strict", "lint-imports"):
        assert step in result.stdout


def test_setup_prints_the_command_where_it_may_not_install(tmp_path: Path) -> None:
    for name, body in {"ldconfig": "true", "id": "echo 1000"}.items():
        stub = tmp_path / name
        stub.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        stub.chmod(0o755)
    result = subprocess.run(
        ["bash", str(ROOT / ".ci" / "setup.sh")],  # noqa: S607
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "sudo apt-get update && sudo apt-get install" in result.stderr
    assert "libusb-1.0-0" in result.stderr
