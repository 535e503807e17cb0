"""`sim:qa[-FAULT][:SEED]`: the QA set-up as a source."""

from __future__ import annotations

from collections.abc import Mapping

from recordings.simulation.qa_setup import APPLICATOR_ID, FAULTS, NAME, QaSetup, qa_setup
from recordings.simulation.scenarios import DEFAULT_SEED, SPEC_PREFIX
from tracking.applicator import Applicator
from tracking.errors import SourceError


def is_qa_setup(uri: str) -> bool:
    """Whether `uri` names the QA set-up and no story."""
    name = uri.removeprefix(SPEC_PREFIX).partition(":")[0]
    return name == NAME or name.startswith(f"{NAME}-")


def open_qa_setup(uri: str, applicators: Mapping[str, Applicator]) -> QaSetup:
    """Open the set-up.

    Raises
    ------
    SourceError
        Unknown fault, a seed that is no whole number, or no such cone in the catalogue.
    """
    name, _, seed_text = uri.removeprefix(SPEC_PREFIX).partition(":")
    fault = name.removeprefix(NAME).removeprefix("-")
    if fault not in FAULTS or name.endswith("-"):
        names = ", ".join(f"{NAME}-{each}" if each else NAME for each in FAULTS)
        raise SourceError(
            f"no simulated QA set-up is called '{name}'", expected=f"one of {names}", actual=uri
        )
    if seed_text and not (seed_text.isascii() and seed_text.isdigit()):
        raise SourceError(
            f"the seed of '{uri}' is not a whole number",
            expected="digits, 0 or more",
            actual=seed_text,
        )
    if APPLICATOR_ID not in applicators:
        raise SourceError(
            f"the simulated QA set-up needs applicator {APPLICATOR_ID}",
            expected=f"{APPLICATOR_ID} in the catalogue",
            actual=", ".join(sorted(applicators)) or "an empty catalogue",
        )
    seed = int(seed_text) if seed_text else DEFAULT_SEED
    return qa_setup(applicators[APPLICATOR_ID], FAULTS[fault], seed, uri)
