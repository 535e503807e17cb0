"""What a session says of itself in the first line of its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from pipeline.audit.canonical import JsonValue
from pipeline.audit.keys import PublicKey


@dataclass(frozen=True)
class SessionStart:
    """Everything that decides what a verdict means.

    Attributes
    ----------
    software, model, plan, rig, catalogue, limits, site
        Ids that carry a hash; `site` None: no site file was given.
    origin
        live, simulated or foreign.
    configuration
        The effective configuration, as text.
    extra
        More fields, such as the patient's pseudonym; none of the above.
    """

    software: str
    model: str
    plan: str
    rig: str
    catalogue: str
    limits: str
    site: str | None
    origin: str
    configuration: str
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    def body(self, key: PublicKey, ledger: Mapping[str, JsonValue] | None) -> dict[str, JsonValue]:
        """All fields, the key that signs, and where the ledger stood."""
        return {
            **self.extra,
            "software": self.software,
            "model": self.model,
            "plan": self.plan,
            "rig": self.rig,
            "catalogue": self.catalogue,
            "limits": self.limits,
            "site": self.site,
            "origin": self.origin,
            "configuration": self.configuration,
            "configuration_sha256": sha256(self.configuration.encode()).hexdigest(),
            "key": key.key_id,
            "public_key": key.raw.hex(),
            "ledger": ledger,
        }
