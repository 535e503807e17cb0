"""The software's identity in records: its version, and a hash of the code that runs.

Two checkouts that could decide differently have different identities, also between releases.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

SOFTWARE_VERSION = "0.1.0"
CODE = ("calibration", "models", "pipeline", "recordings", "tracking")
N_DIGITS = 12


def code_digest(root: Path) -> str:
    """Hash of every Python file of the product below `root`, by name and content."""
    found = hashlib.sha256()
    for package in CODE:
        for path in sorted((root / package).rglob("*.py")):
            content = path.read_bytes()
            found.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()[:N_DIGITS]


SOFTWARE_ID = f"iort-tracker@{SOFTWARE_VERSION}+{code_digest(Path(__file__).parents[1])}"
