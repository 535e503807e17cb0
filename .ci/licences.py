"""Write NOTICE: the licence of every package in requirements.lock, as its own metadata says it."""

from __future__ import annotations

import re
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BY_HAND = {"axe-playwright-python": "MIT, with axe-core under MPL-2.0"}  # read in its own files
LONGEST_NAME = 60  # some packages put the whole text into the field
HEADER = """\
Intraoperative imaging and applicator tracking
Licensed under the Apache License, Version 2.0 (see LICENSE).

Nothing of the following is part of this repository; `make setup` installs it beside it. Wheels
carry libraries of their own: av FFmpeg with x264 and x265 under the GPL, opencv-python FFmpeg and
Qt under the LGPL, numpy and scipy GCC's run-time libraries under the GPL with the run-time
exception. Whoever hands on an image that contains .venv/ hands those on too.

Written by `make lock`.

"""


def _licence(package: PackageMetadata) -> str:
    if by_hand := BY_HAND.get(package["Name"]):
        return by_hand
    classifiers = [
        line.rsplit(" :: ", 1)[-1]
        for line in package.get_all("Classifier") or []
        if line.startswith("License :: OSI Approved :: ")
    ]
    if expressions := package.get_all("License-Expression") or classifiers:
        return " / ".join(expressions)
    declared = " / ".join(package.get_all("License") or [])
    if not declared or len(declared) > LONGEST_NAME:
        raise SystemExit(f"{package['Name']}: no licence in its metadata; add it by hand here")
    return declared


def main() -> None:
    """Write one line for each locked package; fails where a package declares no licence."""
    lock = (ROOT / "requirements.lock").read_text()
    names = re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE)
    lines = [f"{name:<28} {_licence(metadata(name))}" for name in names]
    (ROOT / "NOTICE").write_text(HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
