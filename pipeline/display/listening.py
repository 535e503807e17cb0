"""The sockets that browsers connect to; the session holds them, and they outlive a server."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address

from pipeline.config.display_settings import LOOPBACK, DisplaySettings
from tracking.errors import ConfigurationError, UsageError

DEFAULT_PORTS = {"http": 80, "https": 443}  # browsers leave them out
N_WAITING = 32


@dataclass(frozen=True, eq=False)
class Listening:
    """Open sockets, and the names under which browsers reach them.

    Attributes
    ----------
    outer : socket or None
        For the second viewer beyond this machine, encrypted.
    """

    inner: socket.socket
    outer: socket.socket | None
    plain_hosts: tuple[str, ...]
    tls_hosts: tuple[str, ...]

    def close(self) -> None:
        """Nobody can connect any more."""
        self.inner.close()
        if self.outer is not None:
            self.outer.close()


def listen(settings: DisplaySettings) -> Listening:
    """Open the sockets.

    Raises
    ------
    UsageError
        The address is not this machine's, or the port is taken.
    ConfigurationError
        Certificate or key cannot be used.
    """
    local = settings.host if settings.is_local else LOOPBACK
    inner = _bound(local, settings.port)
    port = int(inner.getsockname()[1])
    inner_names = [local, "localhost"] if local == LOOPBACK else [local]
    plain = tuple(place("http", name, port) for name in inner_names)
    if settings.is_local:
        return Listening(inner, None, plain, ())
    try:
        _check_certificate(settings)
        outer = _bound(settings.host, port)
    except BaseException:
        inner.close()
        raise
    names = (settings.host, *settings.allowed_hosts)
    return Listening(inner, outer, plain, tuple(place("https", name, port) for name in names))


def place(scheme: str, host: str, port: int) -> str:
    """Host and port as a browser writes them."""
    with suppress(ValueError):
        if ip_address(host).version == 6:
            host = f"[{host}]"
    return host if DEFAULT_PORTS[scheme] == port else f"{host}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(N_WAITING)
    except OSError as error:
        bound.close()
        raise UsageError(
            "The display cannot be served there.",
            expected="an address of this machine and a port that nothing else uses",
            actual=f"{host}, port {port}: {error.strerror}",
            remedy="Correct host and port of [display] in the site file, or end what uses them.",
        ) from error
    return bound


def _check_certificate(settings: DisplaySettings) -> None:
    """The server process would only die of it."""
    if settings.certificate is None or settings.key is None:
        raise ConfigurationError(
            "The display beyond this machine needs a certificate.",
            remedy="Give certificate and key in [display] of the site file.",
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.certificate, settings.key, password=lambda: b"")
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            "The display's certificate cannot be used.",
            expected="certificate chain and its private key as PEM, without a passphrase",
            actual=f"{settings.certificate}, {settings.key}: {error}",
            remedy="Correct the two files named in [display] of the site file.",
        ) from error
