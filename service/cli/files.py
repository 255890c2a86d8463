"""The files that the settings name, each looked at by itself, so that it is known which are wrong.

(Files of passwords are read with the settings.)
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from service.settings import Settings
    from service.settings.http import Http
    from service.settings.kafka import Kafka
    from service.settings.receive import Receive

SectionName = Literal["kafka", "http", "receive", "registry"]


class UnusableFileError(Exception):
    """Files that the settings name cannot be used; the message says which and why."""

    def __init__(self, troubles: list[str]) -> None:
        several = ["several files that the settings name cannot be used:", *troubles]
        super().__init__(troubles[0] if len(troubles) == 1 else "\n  ".join(several))


def require_files(settings: Settings, *sections: SectionName) -> None:
    """Raises :class:`UnusableFileError` for all files of these sections that nobody could use."""
    troubles = [trouble for section in sections for trouble in _TROUBLES[section](settings)]
    if troubles:
        raise UnusableFileError(troubles)


def _of_kafka(kafka: Kafka) -> Iterator[str]:
    if kafka.tls_ca_file is not None:
        yield from _of_authorities("kafka.tls_ca_file", kafka.tls_ca_file)
    if kafka.tls_cert_file is not None:
        yield from _of_chain("kafka", kafka.tls_cert_file, kafka.tls_key_file)
    token = kafka.oauth_token_file
    if token is not None:
        read = _read("kafka.oauth_token_file", token)
        if isinstance(read, str):
            yield read
        elif not read.strip():
            yield f"kafka.oauth_token_file {token} is empty: it holds the token"


def _of_http(http: Http) -> Iterator[str]:
    yield from _of_server(http, "http")
    if http.peers_ca_file is not None:
        yield from _of_authorities("http.peers_ca_file", http.peers_ca_file)


def _of_server(server: Http | Receive, section: str) -> Iterator[str]:
    if server.tls_cert_file is not None:
        yield from _of_chain(section, server.tls_cert_file, server.tls_key_file)


def _of_registry(settings: Settings) -> Iterator[str]:
    if settings.registry.tls_ca_file is not None:
        yield from _of_authorities("registry.tls_ca_file", settings.registry.tls_ca_file)


def _of_authorities(setting: str, file: Path) -> Iterator[str]:
    """Why nobody can be trusted by what this file holds."""
    read = _read(setting, file)
    if isinstance(read, str):
        yield read
        return
    try:
        ssl.create_default_context(cafile=str(file))
    except ssl.SSLError:
        yield f"{setting} {file} holds no certificate: it is a PEM file of the authorities to trust"


def _of_chain(section: str, chain: Path, key: Path | None) -> Iterator[str]:
    """Why certificate and key of this section cannot be used."""
    certificate = f"{section}.tls_cert_file {chain}"
    key_in = certificate if key is None else f"{section}.tls_key_file {key}"
    held = _read(f"{section}.tls_cert_file", chain)
    keys = held if key is None else _read(f"{section}.tls_key_file", key)
    wrong = [it for it in dict.fromkeys((held, keys)) if isinstance(it, str)]
    if isinstance(held, bytes) and b"-----BEGIN CERTIFICATE" not in held:
        wrong.append(f"{certificate} holds no certificate: it is a PEM file of a chain")
    # Of a file that is neither, one thing is enough to know.
    told = key is None and wrong
    if not told and isinstance(keys, bytes) and b"PRIVATE KEY-----" not in keys:
        wrong.append(
            f"{key_in} holds no private key: it is a PEM file"
            + (f", or {section}.tls_key_file names one" if key is None else "")
        )
    yield from wrong
    reason = None if wrong else _why_not_loaded(chain, key)
    if reason is not None:
        both = certificate if key is None else f"{certificate} and {key_in}"
        yield f"{both} cannot be used: {reason}"


def _why_not_loaded(chain: Path, key: Path | None) -> str | None:
    encrypted = False

    def no_passphrase() -> str:
        # Without this OpenSSL would ask the terminal for one.
        nonlocal encrypted
        encrypted = True
        return ""

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(chain, key, no_passphrase)
    except (ssl.SSLError, ValueError) as error:
        if encrypted:
            return "the key is encrypted: store it without a passphrase, readable by this user"
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            return "the key is not that of the certificate"
        return f"not valid PEM ({getattr(error, 'reason', None) or error})"
    return None


def _read(setting: str, file: Path) -> bytes | str:
    """What is in the file, or as a text why it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        return (
            f"{setting} {file} cannot be read: {error.strerror}. Correct the path, and see that"
            " this user may read the file"
        )


_TROUBLES: Final[dict[SectionName, Callable[[Settings], Iterator[str]]]] = {
    "kafka": lambda settings: _of_kafka(settings.kafka),
    "http": lambda settings: _of_http(settings.http),
    "receive": lambda settings: _of_server(settings.receive, "receive"),
    "registry": _of_registry,
}
