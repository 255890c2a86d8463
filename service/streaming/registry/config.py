"""How to reach a schema registry: the values that the settings fill."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.streaming.errors import StreamError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """One registry that speaks Confluent's API. Secrets are never shown."""

    url: str
    """Without a slash at its end."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    #: PEM file of the authorities to trust; None: those of the system.
    ca_file: Path | None = None

    def tls(self) -> ssl.SSLContext:
        """Raises StreamError for an unusable file."""
        try:
            return ssl.create_default_context(
                cafile=None if self.ca_file is None else str(self.ca_file)
            )
        except (OSError, ssl.SSLError) as error:
            raise StreamError(
                f"registry.tls_ca_file {self.ca_file} cannot be used ({error}): it is a PEM file"
                " of the authorities to trust, which this user may read"
            ) from error
