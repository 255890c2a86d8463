"""Why a broker does not let us in: found out step by step, and said with how to mend it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.admin import SaslHandShakeRequest

from service.streaming.errors import StreamError
from service.streaming.security import Protocol, Security

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.streaming.config import KafkaConfig

_PATIENCE_SECONDS: Final = 10.0
#: For a second look at a broker that has answered, or refused, already.
_PROBE_SECONDS: Final = 3.0
_NO_MECHANISM: Final = "none"


class Trouble(NamedTuple):
    """What is wrong, and how to mend it. Never holds a secret."""

    what: str
    remedy: str


_SPEAKS_TLS: Final = Trouble(
    "it speaks TLS, and we do not", "Set kafka.tls = true, or name its port without TLS."
)
_SPEAKS_NO_TLS: Final = Trouble(
    "it does not speak TLS, and we do", "Set kafka.tls = false, or name its TLS port."
)
#: Kinds of errors, the special ones first.
_TROUBLES: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], Trouble], ...]] = (
    (
        ssl.SSLCertVerificationError,
        Trouble(
            "its certificate is not trusted ({reason})",
            "Name its authority in kafka.tls_ca_file, and its host as the certificate does.",
        ),
    ),
    (
        ssl.SSLError,
        Trouble(
            "TLS failed ({reason})",
            "Use the broker's TLS port, and kafka.tls_cert_file where it asks for a certificate.",
        ),
    ),
    (
        socket.gaierror,
        Trouble("the host name is not known", "Check kafka.bootstrap_servers and the DNS."),
    ),
    (
        ConnectionRefusedError,
        Trouble(
            "nothing listens there",
            "Start the broker, or name another one in kafka.bootstrap_servers.",
        ),
    ),
    (
        TimeoutError,
        Trouble(
            "no answer in time",
            "Check firewalls, and that a Kafka broker listens there.",
        ),
    ),
    (
        IllegalSaslStateError,
        Trouble(
            "it asks for no login at this port",
            "Leave kafka.sasl_mechanism out, or name the port for logins.",
        ),
    ),
    (
        (AuthenticationFailedError, SaslAuthenticationFailed),
        Trouble(
            "the login was refused",
            "Check kafka.sasl_mechanism, and the user and password, or the token.",
        ),
    ),
    (
        (KafkaConnectionError, OSError, EOFError),
        Trouble(
            "it closed the connection",
            "Check that kafka.tls and kafka.sasl_mechanism are those of this port, and that a"
            " Kafka broker listens there.",
        ),
    ),
)


async def trouble_with(config: KafkaConfig, address: str) -> Trouble | None:
    """What keeps us from `address` (`host:port`), with TLS and login as configured; None: nothing.

    Nothing is written or joined.
    """
    try:
        connection = await connect(config, address, _PATIENCE_SECONDS)
    except StreamError as error:
        return Trouble(str(error), "Check kafka.tls_... and kafka.oauth_token_file.")
    except (OSError, KafkaError, ValueError) as error:
        return await _explained(error, config, address)
    try:
        if config.security.logs_in:
            return None
        return _asks_for_login(await _mechanisms(connection))
    finally:
        connection.close()


async def advertised(config: KafkaConfig) -> list[str]:
    """The addresses of the cluster's brokers, as they tell them."""
    client = AIOKafkaClient(**config.client_settings())
    try:
        await client.bootstrap()
        told = {f"{broker.host}:{broker.port}" for broker in client.cluster.brokers()}
    finally:
        await client.close()
    return sorted(told)


async def why_unreachable(config: KafkaConfig) -> str:
    """What keeps us from the cluster, in one message."""
    addresses = config.addresses
    told = await _told(config, addresses)
    if len(told) < len(addresses):
        # One lets us in; then it is what the cluster itself tells of its brokers.
        with suppress(KafkaError):
            told = await _told(config, await advertised(config))
    details = " ".join(told) or "It does so now: start again."
    return f"no Kafka broker answers at {config.bootstrap} as configured. {details}"


async def _told(config: KafkaConfig, addresses: Sequence[str]) -> list[str]:
    troubles = await asyncio.gather(*(trouble_with(config, address) for address in addresses))
    return [
        f"{address}: {trouble.what}. {trouble.remedy}"
        for address, trouble in zip(addresses, troubles, strict=True)
        if trouble is not None
    ]


async def connect(config: KafkaConfig, address: str, seconds: float) -> AIOKafkaConnection:
    """A connection to one address, logged in as configured. Raises what comes of its want."""
    host, _, port = address.rpartition(":")
    options = config.client_settings()
    del options["bootstrap_servers"]
    options["request_timeout_ms"] = int(1000 * seconds)
    async with asyncio.timeout(seconds):
        return await create_conn(host.strip("[]"), int(port), **options)


async def _explained(error: Exception, config: KafkaConfig, address: str) -> Trouble:
    """The innermost cause that is known decides."""
    for cause in _chain(error):
        if isinstance(cause, StreamError):
            return Trouble(str(cause), "Check kafka.tls_... and kafka.oauth_token_file.")
        if isinstance(cause, UnsupportedSaslMechanismError):
            return await _other_mechanisms(config, address)
        for kind, usual in _TROUBLES:
            if isinstance(cause, kind):
                other = await _of_the_port(config, address) if _is_of_the_port(cause) else None
                trouble = other or usual
                reason = getattr(cause, "verify_message", None) or getattr(cause, "reason", None)
                return Trouble(trouble.what.format(reason=reason), trouble.remedy)
    return Trouble(type(error).__name__, "Check the broker's own log.")


def _is_of_the_port(error: BaseException) -> bool:
    """Whether speaking TLS to a port without it, or the reverse, can end so."""
    broken = ssl.SSLError | TimeoutError | ConnectionError | EOFError | KafkaConnectionError
    return isinstance(error, broken) and not isinstance(
        error, ssl.SSLCertVerificationError | ConnectionRefusedError
    )


async def _of_the_port(config: KafkaConfig, address: str) -> Trouble | None:
    if not config.security.encrypts:
        return _SPEAKS_TLS if await _speaks_tls(address) else None
    plain = replace(config, security=Security())
    try:
        (await connect(plain, address, _PROBE_SECONDS)).close()
    except (OSError, KafkaError):
        return None
    return _SPEAKS_NO_TLS


async def _speaks_tls(address: str) -> bool:
    host, _, port = address.rpartition(":")
    # Only whether it does, not who it is: nothing is sent.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port), ssl=context)
    except OSError:
        return False
    writer.close()
    return True


async def _other_mechanisms(config: KafkaConfig, address: str) -> Trouble:
    offered: list[str] = []
    protocol: Protocol = "SSL" if config.security.encrypts else "PLAINTEXT"
    without_login = replace(config, security=replace(config.security, protocol=protocol))
    try:
        connection = await connect(without_login, address, _PROBE_SECONDS)
    except (OSError, KafkaError):
        pass
    else:
        offered = await _mechanisms(connection)
        connection.close()
    return Trouble(
        f"it does not offer {config.security.mechanism}",
        f"Choose a kafka.sasl_mechanism that it offers{_listed(offered)}.",
    )


def _asks_for_login(offered: list[str]) -> Trouble | None:
    if not offered:
        return None
    return Trouble(
        "it asks for a login",
        f"Set kafka.sasl_mechanism to one that it offers{_listed(offered)}, with user and password"
        " or token; or name its port without logins.",
    )


def _listed(offered: list[str]) -> str:
    return f" ({', '.join(sorted(offered))})" if offered else ""


async def _mechanisms(connection: AIOKafkaConnection) -> list[str]:
    """The ways to log in that a port offers; none where it asks for no login."""
    try:
        response = await connection.send(SaslHandShakeRequest(_NO_MECHANISM))
    except (OSError, KafkaError):
        return []
    if response.error_code != UnsupportedSaslMechanismError.errno:
        return []
    # The embedded broker, which knows no logins, offers what it is asked for.
    return [name for name in response.enabled_mechanisms if name != _NO_MECHANISM]


def _chain(error: BaseException | None) -> list[BaseException]:
    chain = []
    while error is not None:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return list(reversed(chain))
