"""Who may do what: hosts, origins, tokens, roles. Pure.

Fails to: no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest
from ipaddress import ip_address
from typing import Literal

Role = Literal["console", "viewer"]
ROLES: tuple[Role, ...] = ("console", "viewer")
SECURE = {"http": False, "ws": False, "https": True, "wss": True}
Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Tokens:
    """What a client has to know; `viewer` is empty where no second viewer is configured."""

    console: str
    viewer: str = ""

    def __post_init__(self) -> None:
        if not self.console:
            raise ValueError("the console needs a token")

    def admits(self, role: str, token: str, address: str) -> bool:
        """Whether a client at `address` may have this role with this token."""
        if role == "console":
            return is_loopback(address) and _is_same(token, self.console)
        return role == "viewer" and bool(self.viewer) and _is_same(token, self.viewer)


@dataclass(frozen=True)
class Places:
    """`host:port` as browsers write it, by whether the connection is encrypted."""

    plain: frozenset[str]
    tls: frozenset[str]

    def host(self, scheme: str, headers: Headers) -> str | None:
        """The Host of a request; None where it is none of ours."""
        hosts = _values(headers, b"host")
        if len(hosts) != 1 or scheme not in SECURE:
            return None
        return hosts[0] if hosts[0] in (self.tls if SECURE[scheme] else self.plain) else None

    def is_allowed(self, scheme: str, headers: Headers, *, needs_origin: bool) -> bool:
        """Whether Host is ours and Origin, where one is given or needed, is exactly that place."""
        headers = list(headers)
        host = self.host(scheme, headers)
        if host is None:
            return False
        origins = _values(headers, b"origin")
        if not origins:
            return not needs_origin
        return origins == [f"{'https' if SECURE[scheme] else 'http'}://{host}"]


def is_loopback(address: str) -> bool:
    """Whether a peer is on this machine. Fails to: no."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _values(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]


def _is_same(given: str, expected: str) -> bool:
    return compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
