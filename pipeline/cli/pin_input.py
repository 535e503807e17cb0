"""Reads a PIN so that nobody sees it: without echo, or as one line of stdin where asked for."""

from __future__ import annotations

import getpass
import sys
import warnings

from tracking.errors import UsageError

MAX_PIN_LINE = 256


def read_pin(prompt: str, *, from_stdin: bool) -> str:
    """Return the PIN.

    Raises
    ------
    UsageError
        The terminal would show it, or there is nobody to ask.
    """
    pin = _first_line() if from_stdin else _ask(prompt)
    if not pin:
        raise UsageError("No PIN was given.", remedy="Type the PIN, then Enter.")
    return pin


def _first_line() -> str:
    return sys.stdin.readline(MAX_PIN_LINE).rstrip("\r\n")


def _ask(prompt: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except (getpass.GetPassWarning, EOFError, OSError) as error:
        raise UsageError(
            "A PIN can only be typed where it is not shown.",
            expected="a terminal",
            actual="input that would be echoed, or none",
            remedy="Run this command in a terminal; scripts use --pin-stdin.",
        ) from error
