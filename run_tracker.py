"""Intraoperative imaging and applicator tracking: the command line (`--help` lists it)."""

from __future__ import annotations

import sys

from pipeline.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
