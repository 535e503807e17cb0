"""Write requirements.lock and requirements-train.lock from pyproject.toml.

Run it as `make lock`. It reads the public package index and no setting of this machine's pip, so
that the hashes are those of files everybody is served. The one exception is torch's CPU build,
which the public index does not carry for Linux: name the folder or page that has it in
UV_FIND_LINKS.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLATFORM = "x86_64-manylinux_2_36"  # Debian 12's C library
HEADER = """\
# {purpose}
# Exact versions with hashes for Python 3.11 on Linux x86-64, written by `make lock` from
# pyproject.toml; not edited by hand. open3d-cpu is open3d without its CUDA libraries.
{note}"""
TRAIN_NOTE = """\
# Installed beside requirements.lock. torch is the CPU build: where pip's own index lacks it, name
# the folder or page that has it in PIP_FIND_LINKS.
"""


def _inputs(*extras: str) -> str:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return "\n".join(line.replace("open3d>=", "open3d-cpu>=") for line in lines) + "\n"


def _compile(requirements: str, *options: str, wheels: str = "") -> str:
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "-", "--no-config", "--quiet"),
        *("--python-version", "3.11", "--python-platform", PLATFORM, "--only-binary", ":all:"),
        *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"),
        *options,
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    if wheels:
        environment["UV_FIND_LINKS"] = wheels
    result = subprocess.run(
        command, input=requirements, text=True, check=True, capture_output=True, env=environment
    )
    return result.stdout


def _without(lock: str, installed: str) -> str:
    """Drop from a lock the entries that another one, installed first, has already."""

    def entries(text: str) -> list[str]:
        return ["".join(block) for block in _blocks(text.splitlines(keepends=True))]

    present = set(entries(installed))
    return "".join(entry for entry in entries(lock) if entry not in present)


def _blocks(lines: list[str]) -> list[list[str]]:
    blocks: list[list[str]] = []
    for line in lines:
        if line.startswith(" "):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def main() -> None:
    """Write both locks; the second one keeps to the versions of the first."""
    wheels = os.environ.get("UV_FIND_LINKS", "")
    if not wheels:
        raise SystemExit("Name the folder or page that has torch's CPU build in UV_FIND_LINKS.")
    base = _compile(_inputs("dev"))
    lock = ROOT / "requirements.lock"
    lock.write_text(HEADER.format(purpose="Everything to run, test and check.", note="") + base)
    train = _compile(_inputs("dev", "train"), "--constraint", str(lock), wheels=wheels)
    if "+cpu" not in train:
        raise SystemExit(f"torch's CPU build was not found in {wheels}; without it CUDA's comes.")
    header = HEADER.format(purpose="What training the segmenter needs on top.", note=TRAIN_NOTE)
    (ROOT / "requirements-train.lock").write_text(header + _without(train, base))


if __name__ == "__main__":
    main()
