"""Whether a broker answers and lets us in; if not, at which step it ended."""

from __future__ import annotations

import asyncio
import socket
import ssl

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from service.cli.preflight.finding import Finding
from service.streaming.config import KafkaConfig
from service.streaming.errors import StreamError

_PATIENCE_SECONDS = 10.0
#: Kinds of errors, the special ones first: what happened, and how to mend it.
_CAUSES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "its certificate is not trusted ({reason})",
        "Name its authority in kafka.tls_ca_file, and its host as the certificate does.",
    ),
    (
        ssl.SSLError,
        "TLS failed ({reason})",
        "Use the broker's TLS port, and kafka.tls_cert_file where it asks for a certificate.",
    ),
    (
        socket.gaierror,
        "the host name is not known",
        "Check kafka.bootstrap_servers and the DNS.",
    ),
    (
        ConnectionRefusedError,
        "nothing listens there",
        "Start the broker, or name another one in kafka.bootstrap_servers.",
    ),
    (
        TimeoutError,
        "no answer in time",
        "Check firewalls, and that kafka.tls fits the port: a TLS port is mute without TLS.",
    ),
    (
        UnsupportedSaslMechanismError,
        "it does not offer {mechanism}",
        "Choose a kafka.sasl_mechanism that it offers.",
    ),
    (
        (AuthenticationFailedError, SaslAuthenticationFailed),
        "the login was refused",
        "Check kafka.sasl_mechanism, and the user and password, or the token.",
    ),
    (
        KafkaConnectionError,
        "it closed the connection",
        "Check that kafka.tls and kafka.sasl_mechanism are those of this port.",
    ),
)


async def reach(config: KafkaConfig, address: str) -> Finding:
    """Connect to one address, with TLS and login as configured."""
    host, _, port = address.rpartition(":")
    options = config.client_settings()
    del options["bootstrap_servers"]
    options["request_timeout_ms"] = int(1000 * _PATIENCE_SECONDS)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            connection = await create_conn(host.strip("[]"), int(port), **options)
    except (StreamError, OSError, KafkaError, ValueError) as error:
        what, remedy = _explanation(error, config)
        return Finding(False, f"broker {address}: {what}", remedy)
    connection.close()
    login = f", logged in with {config.security.mechanism}" if _has_login(config) else ""
    encrypted = ", encrypted" if "SSL" in config.security.protocol else ", not encrypted"
    return Finding(True, f"broker {address} answers{encrypted}{login}")


def _has_login(config: KafkaConfig) -> bool:
    return config.security.protocol.startswith("SASL")


def _explanation(error: Exception, config: KafkaConfig) -> tuple[str, str]:
    """What happened and how to mend it; the innermost cause that is known decides."""
    for cause in _chain(error):
        if isinstance(cause, StreamError):
            return str(cause), "Check kafka.tls_... and kafka.oauth_token_file."
        for kind, what, remedy in _CAUSES:
            if isinstance(cause, kind):
                reason = getattr(cause, "verify_message", None) or getattr(cause, "reason", None)
                return what.format(reason=reason, mechanism=config.security.mechanism), remedy
    return type(error).__name__, "Check the broker's own log."


def _chain(error: BaseException | None) -> list[BaseException]:
    chain = []
    while error is not None:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return list(reversed(chain))
