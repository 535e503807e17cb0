"""Chromium for benchmarks and tests of the display's page, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tracking.errors import UsageError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = "chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open Chromium without a window.

    Raises
    ------
    UsageError
        Playwright or Chromium is missing.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise UsageError(
            "Playwright is not installed: the page cannot be driven.",
            remedy="Install the development packages (`make setup`).",
        ) from error
    path = shutil.which(CHROMIUM)
    if path is None:
        raise UsageError(
            f"There is no `{CHROMIUM}` on this machine: the page cannot be shown.",
            remedy="Install Debian's package `chromium`.",
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
