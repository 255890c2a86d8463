"""Certificates for a broker on this machine, made for one test run."""

from __future__ import annotations

from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.brokers.apache_kafka import TlsFiles


def make_certificates(directory: Path) -> TlsFiles:
    """Key, certificate for `localhost` and the authority that signed it, as PEM files."""
    authority = trustme.CA()
    own = authority.issue_cert("localhost")
    # Java reads keys in PKCS #8 only.
    key = load_pem_private_key(own.private_key_pem.bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    files = TlsFiles(directory / "broker.pem", directory / "authority.pem")
    files.key_and_chain.write_bytes(key + b"".join(pem.bytes() for pem in own.cert_chain_pems))
    authority.cert_pem.write_to_path(str(files.authority))
    return files
