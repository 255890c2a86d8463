"""How HTTPS is served."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Final

#: For TLS 1.2, which has others too: forward secrecy, and no CBC.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
#: The first one in a file is the server's own.
_CERTIFICATE: Final = re.compile(
    "-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL
)


def server_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer, with PEM files of the certificate chain and of the key (None: the same).

    Raises OSError (ssl.SSLError is one) if they cannot be used.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(certificate, key)
    return context


def peers_context(certificate: Path, authority: Path | None) -> ssl.SSLContext:
    """How the group's other workers are recognised, of which `certificate` is this one's own.

    By `authority`, which has signed theirs in the names that they are asked by; without one by
    having the very same certificate, by whatever name. Raises OSError, or ValueError where the file
    holds no certificate.
    """
    if authority is not None:
        return ssl.create_default_context(cafile=authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # Not who has signed it, which may have signed others: the certificate itself is trusted.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    first = _CERTIFICATE.search(certificate.read_text("ascii", errors="replace"))
    context.load_verify_locations(cadata=first[0] if first else "")
    return context
