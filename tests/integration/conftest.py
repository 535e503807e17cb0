"""Chromium for the tests of a page; without it they are left out, and say so."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from pipeline.benchmarks.browser import CHROMIUM, chromium
from tests.display_session import MadeSession
from tests.integration.display_browser import shown_page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a file."""
    if shutil.which(CHROMIUM) is None:
        text = "Chromium is missing: the display's page is NOT tested (Debian: chromium)"
        warnings.warn(text, stacklevel=1)
        pytest.skip(text)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """On a made session, for the tests that only run its script or look at it."""
    with shown_page(browser, MadeSession()) as (page, _):
        yield page
