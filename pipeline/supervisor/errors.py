"""What keeps a session from starting under its supervisor."""

from __future__ import annotations

from tracking.errors import FaultError


class ProofTestError(FaultError):
    """Something known to be bad was not answered with not ready: nothing may start."""
