"""The files that the settings name, each looked at by itself, so that it is known which is wrong.

(Files of passwords are read with the settings.)
"""

from __future__ import annotations

import ssl
from pathlib import Path

from service.settings.kafka import Kafka


class UnusableFileError(Exception):
    """A file that the settings name cannot be used; the message says which and why."""


def require_kafka_files(kafka: Kafka) -> None:
    """Raises :class:`UnusableFileError` for the first file that the clients could not use."""
    if kafka.tls_ca_file is not None:
        require_authorities("kafka.tls_ca_file", kafka.tls_ca_file)
    if kafka.tls_cert_file is not None:
        require_chain("kafka", kafka.tls_cert_file, kafka.tls_key_file)
    token = kafka.oauth_token_file
    if token is not None and not _readable("kafka.oauth_token_file", token).strip():
        raise UnusableFileError(f"kafka.oauth_token_file {token} is empty: it holds the token")


def require_authorities(setting: str, file: Path) -> None:
    """Raises :class:`UnusableFileError` if nobody can be trusted by what this file holds."""
    _readable(setting, file)
    try:
        ssl.create_default_context(cafile=str(file))
    except ssl.SSLError:
        raise UnusableFileError(
            f"{setting} {file} holds no certificate: it is a PEM file of the authorities to trust"
        ) from None


def require_chain(section: str, chain: Path, key: Path | None) -> None:
    """Raises :class:`UnusableFileError` if certificate and key of this section cannot be used."""
    certificate = f"{section}.tls_cert_file {chain}"
    key_in = certificate if key is None else f"{section}.tls_key_file {key}"
    has_certificate = b"-----BEGIN CERTIFICATE" in _readable(f"{section}.tls_cert_file", chain)
    keys = chain.read_bytes() if key is None else _readable(f"{section}.tls_key_file", key)
    if not has_certificate:
        raise UnusableFileError(f"{certificate} holds no certificate: it is a PEM file of a chain")
    if b"PRIVATE KEY-----" not in keys:
        raise UnusableFileError(
            f"{key_in} holds no private key: it is a PEM file"
            + (f", or {section}.tls_key_file names one" if key is None else "")
        )
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
            reason = "the key is encrypted: store it without a passphrase, readable by this user"
        elif getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            reason = "the key is not that of the certificate"
        else:
            reason = f"not valid PEM ({getattr(error, 'reason', None) or error})"
        both = certificate if key is None else f"{certificate} and {key_in}"
        raise UnusableFileError(f"{both} cannot be used: {reason}") from None


def _readable(setting: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnusableFileError(
            f"{setting} {file} cannot be read: {error.strerror}. Correct the path, and see that"
            " this user may read the file"
        ) from None
