"""Verifiers of PINs: what a site file keeps instead of a PIN.

A verifier is `scrypt$N$r$p$SALT$HASH`, salt and hash in hexadecimal. The PIN cannot be read out of
it, but a short PIN can be guessed by whoever has the file: `site.toml` belongs to the site alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from itertools import pairwise

COST_N = 2**14  # with r = 8: 16 MiB and some 50 ms for each guess (RFC 7914, interactive use)
COST_R = 8
COST_P = 1
MAX_COST_N = 2**17  # a verifier may not make the session slow or large: 128 MiB
MAX_MEMORY_BYTES = 256 * 2**20
SALT_BYTES = 16
HASH_BYTES = 32

MIN_DIGITS = 6  # with 5 attempts a guess succeeds once in 200,000
MAX_DIGITS = 12

_VERIFIER = re.compile(
    rf"scrypt\$([1-9]\d{{0,6}})\${COST_R}\${COST_P}"
    rf"\$([0-9a-f]{{{2 * SALT_BYTES}}})\$([0-9a-f]{{{2 * HASH_BYTES}}})"
)


@dataclass(frozen=True, repr=False)
class PinVerifier:
    """Tells whether a PIN is the one it was made from."""

    cost_n: int
    salt: bytes
    digest: bytes

    @property
    def text(self) -> str:
        """As the site file holds it."""
        return f"scrypt${self.cost_n}${COST_R}${COST_P}${self.salt.hex()}${self.digest.hex()}"

    def accepts(self, pin: str) -> bool:
        """Whether `pin` is right; the comparison takes the same time wherever they differ."""
        return hmac.compare_digest(_digest(pin, self.cost_n, self.salt), self.digest)


def parse_verifier(text: str) -> PinVerifier:
    """Read a verifier. Raises ValueError where it is none, or too cheap or too dear to check."""
    found = _VERIFIER.fullmatch(text)
    if found is None:
        raise ValueError("not the verifier of a PIN")
    cost_n = int(found[1])
    if not COST_N <= cost_n <= MAX_COST_N or cost_n & (cost_n - 1):
        raise ValueError(f"its cost N is a power of two from {COST_N} to {MAX_COST_N}")
    return PinVerifier(cost_n, bytes.fromhex(found[2]), bytes.fromhex(found[3]))


def new_verifier(pin: str) -> PinVerifier:
    """Make a verifier with a fresh salt.

    Raises
    ------
    ValueError
        The PIN is none, or the first that anybody would guess. The message does not repeat it.
    """
    if not (MIN_DIGITS <= len(pin) <= MAX_DIGITS and pin.isascii() and pin.isdigit()):
        raise ValueError(f"a PIN has {MIN_DIGITS} to {MAX_DIGITS} digits and nothing else")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if steps in ({0}, {1}, {9}):
        raise ValueError("digits that are all alike or only count up or down are guessed at once")
    salt = secrets.token_bytes(SALT_BYTES)
    return PinVerifier(COST_N, salt, _digest(pin, COST_N, salt))


def _digest(pin: str, cost_n: int, salt: bytes) -> bytes:
    return hashlib.scrypt(
        pin.encode(),
        salt=salt,
        n=cost_n,
        r=COST_R,
        p=COST_P,
        maxmem=MAX_MEMORY_BYTES,
        dklen=HASH_BYTES,
    )
