"""Which QA store a command means: the option's, else the site's, else `runs/qa`."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.qa_settings import QaSettings
from pipeline.config.site import Site
from pipeline.config.site_file import read_site

DEFAULT_STORE = str(Path("runs") / "qa")


def store_address(option: str | None, site_path: Path | None) -> str:
    """The store's address. Raises ConfigurationError for a site that cannot be read."""
    return address_of(option, None if site_path is None else read_site(site_path))


def address_of(option: str | None, site: Site | None) -> str:
    """As `store_address`, with the site read."""
    settings = QaSettings() if site is None else site.qa
    return option or settings.store or DEFAULT_STORE
