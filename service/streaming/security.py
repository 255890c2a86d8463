"""TLS and SASL towards Kafka."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aiokafka.abc import AbstractTokenProvider

from service.streaming.errors import StreamError

if TYPE_CHECKING:
    from pathlib import Path

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


@dataclass(frozen=True, slots=True)
class Security:
    """How to connect; what a protocol does not need stays None. Secrets are never shown."""

    protocol: Protocol = "PLAINTEXT"
    #: PEM file of the authorities to trust; None: those of the system.
    ca_file: Path | None = None
    #: PEM files of this client's own certificate, for mutual TLS.
    certificate_file: Path | None = None
    key_file: Path | None = None
    key_password: str | None = field(default=None, repr=False)
    mechanism: Mechanism = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    #: OAUTHBEARER: a file with the token, read at every login, so that another process (a
    #: Kubernetes projected volume, an agent) can renew it.
    token_file: Path | None = None

    @property
    def encrypts(self) -> bool:
        """Whether the connection uses TLS."""
        return self.protocol in {"SSL", "SASL_SSL"}

    @property
    def logs_in(self) -> bool:
        """Whether there is a login."""
        return self.protocol.startswith("SASL")

    def client_settings(self) -> dict[str, object]:
        """The keyword arguments of aiokafka's clients. Raises StreamError for unusable files."""
        settings: dict[str, object] = {"security_protocol": self.protocol}
        if self.encrypts:
            settings["ssl_context"] = self._context()
        if self.logs_in:
            settings["sasl_mechanism"] = self.mechanism
            if self.mechanism == "OAUTHBEARER":
                settings["sasl_oauth_token_provider"] = _TokenFile(self._required_token_file())
            else:
                settings["sasl_plain_username"] = self.username
                settings["sasl_plain_password"] = self.password
        return settings

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(
                cafile=None if self.ca_file is None else str(self.ca_file)
            )
            if self.certificate_file is not None:
                context.load_cert_chain(self.certificate_file, self.key_file, self.key_password)
        except (OSError, ssl.SSLError) as error:
            raise StreamError(
                f"the TLS files for Kafka cannot be used ({error}): check that the authority,"
                " certificate and key are PEM files this user may read"
            ) from error
        return context

    def _required_token_file(self) -> Path:
        if self.token_file is None:
            raise StreamError("OAUTHBEARER needs a file with the token: set the token file")
        return self.token_file


class _TokenFile(AbstractTokenProvider):  # type: ignore[misc]
    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        try:
            return self._path.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise StreamError(f"the OAUTHBEARER token file cannot be read: {error}") from error
