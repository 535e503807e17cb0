"""TOML that was written to stop its reader, and TOML that only looks so."""

from __future__ import annotations

import time

import pytest

from tracking.toml_reading import MAX_CHARACTERS, load_toml

PATIENCE_S = 2.0  # the bare parser takes minutes


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 200_000 + " = 1",
        "[a" + ".a" * 200_000 + "]",
        "a" + ' . "b"' * 100_000 + " = 1",
        "x = " + "[" * 100_000,
        "x = '" + "a" * MAX_CHARACTERS + "'",
    ],
    ids=["dotted key", "dotted table", "quoted parts", "nested arrays", "too long"],
)
def test_it_is_refused_at_once(text: str) -> None:
    before = time.monotonic()
    with pytest.raises(ValueError, match=r"parts|deeply|characters"):
        load_toml(text)
    assert time.monotonic() - before < PATIENCE_S


def test_numbers_and_sentences_full_of_dots_are_read() -> None:
    numbers = ", ".join(f"{k}.5" for k in range(2000))
    table = load_toml(
        f'x = [{numbers}]\nnote = "{"One sentence. " * 500}"\nip = "{"1." * 20}"\na.b.c = 1\n'
    )
    assert len(table["x"]) == 2000
    assert table["a"] == {"b": {"c": 1}}
