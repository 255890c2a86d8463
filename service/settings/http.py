"""Where the numbers are served, and to whom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    model_validator,
)
from pydantic_settings import NoDecode

from service.settings.lists import decoded
from service.settings.section import Secret, Section, with_secret_from_file

#: As in the DNS, and underscores, as the header `Host` gives it: names of other letters come as
#: browsers write them (punycode).
HOST_NAME = r"(?:[A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+\.?"


def _host_name(name: str) -> str:
    if not re.fullmatch(HOST_NAME, name):
        raise ValueError(
            'a host\'s name alone is needed, such as "stats.example.com", without scheme, port,'
            " path or wildcard"
        )
    return name


HostNames = Annotated[
    list[Annotated[str, AfterValidator(_host_name)]],
    NoDecode,
    BeforeValidator(decoded, json_schema_input_type=list[str] | str),
]


def _without_colon(name: str) -> str:
    # HTTP's Basic scheme ends the name at the first colon.
    if not name or ":" in name:
        raise ValueError("a name without a colon is needed")
    return name


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    # Raises for a port that is none.
    _ = parts.port
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("http://host:port or https://host:port is needed, without a login")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("host and port alone are needed, without a path")
    return url.rstrip("/")


class Http(Section):
    """The HTTP server of /metrics, /healthz, /readyz and the live page."""

    host: str = Field(
        default="0.0.0.0",  # noqa: S104 - Prometheus scrapes from another machine
        min_length=1,
        description="Interface to listen on; `127.0.0.1`: this machine alone.",
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port; 0: any free one.")
    allowed_hosts: HostNames = Field(
        default=[],
        description=(
            "On the loopback interface requests are answered only if they are to `localhost`, an IP"
            " address, `host`, or one of these names: those that a proxy on this machine passes on."
        ),
    )
    username: Annotated[str, AfterValidator(_without_colon)] | None = Field(
        default=None,
        description="With a password: everything but `/healthz` and `/readyz` asks for them.",
    )
    password: Secret | None = Field(default=None, description="Password of `username`.")
    password_file: Path | None = Field(
        default=None, description="File with the password, instead of `password`."
    )
    tls_cert_file: Path | None = Field(
        default=None, description="PEM file of the server's certificate chain; serves HTTPS."
    )
    tls_key_file: Path | None = Field(
        default=None, description="PEM file of its private key, unless it is in the same file."
    )
    advertised_url: Annotated[str, AfterValidator(_http_url)] | None = Field(
        default=None,
        description=(
            "URL at which the group's other workers reach this one, so that every page shows the"
            " whole group; by default the address from which this host reaches the broker, and"
            " `port`."
        ),
    )
    peers_ca_file: Path | None = Field(
        default=None,
        description=(
            "PEM file of the authority that has signed the other workers' certificates, in the"
            " names of their `advertised_url`; by default they have to have the same certificate"
            " as this worker."
        ),
    )

    @model_validator(mode="wrap")
    @classmethod
    def _read_secret_file(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        return with_secret_from_file(values, handler, "password")

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password (or password_file) go together")
        if self.tls_key_file and not self.tls_cert_file:
            raise ValueError("tls_key_file needs tls_cert_file")
        if self.peers_ca_file and not self.tls_cert_file:
            raise ValueError("peers_ca_file needs tls_cert_file: without it no HTTPS is served")
        if self.tls_cert_file and (self.advertised_url or "https:").startswith("http:"):
            raise ValueError("advertised_url has to begin with https: where tls_cert_file is set")
        return self
