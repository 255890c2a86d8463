"""How HTTPS is served."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

#: For TLS 1.2, which has others too: forward secrecy, and no CBC.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


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
