"""Webhooks that are taken in: `contact-metrics receive` reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    model_validator,
)
from pydantic_settings import NoDecode

from service.settings.kafka import TopicName
from service.settings.lists import decoded
from service.settings.section import Secret, Section, with_secret_from_file

Signature = Literal[
    "zendesk",
    "intercom",
    "zammad",
    "chatwoot",
    "twilio",
    "qiyu",
    "hmac",
    "header",
    "basic",
    "none",
]
#: The settings that a signature needs, and those that it may have beside them.
_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "twilio": ("public_url",),
    "hmac": ("header",),
    "header": ("header",),
    "basic": ("username",),
}
_MAY_HAVE: Final[dict[str, tuple[str, ...]]] = {
    "hmac": ("algorithm", "encoding", "prefix", "timestamp_header", "timestamp_joint"),
    "header": ("prefix",),
}
_OF_SIGNATURES: Final = frozenset(
    name for names in (*_NEEDS.values(), *_MAY_HAVE.values()) for name in names
)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_PUBLIC_URL: Final = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
#: What tells a secret, or proves that its sender knows one.
_NEVER_KEPT: Final = frozenset(
    {
        *("authorization", "proxy-authorization", "cookie", "x-hub-signature"),
        *("x-zendesk-webhook-signature", "x-chatwoot-signature", "x-twilio-signature"),
    }
)


def _webhook_name(name: str) -> str:
    if not _NAME.fullmatch(name) or name == "none":
        raise ValueError("a webhook's name has small letters, digits, '_' or '-', and is not none")
    return name


def _path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError('a path is needed, such as "/zendesk": letters, digits and ._~- after "/"')
    return path


def _header_name(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise ValueError('the name of a header is needed, such as "X-Signature"')
    return name


def _address(address: str) -> str:
    if not _PUBLIC_URL.fullmatch(address):
        raise ValueError('an address without "?" is needed, such as "https://host/twilio"')
    return address


def _without_colon(name: str) -> str:
    if not name or ":" in name:
        raise ValueError("a name without a colon is needed")
    return name


HeaderName = Annotated[str, AfterValidator(_header_name)]


class Webhook(Section):
    """Where a vendor sends to, how it signs, and where its requests go."""

    topic: TopicName = Field(description="Topic of the requests: one record each, its body.")
    signature: Signature = Field(
        description="How requests prove that they are genuine: as a vendor signs, or by `hmac`, a"
        " secret in a `header`, or `basic` authentication; `none`: whoever knows the address may"
        " send."
    )
    path: Annotated[str, AfterValidator(_path)] | None = Field(
        default=None, description="Path of the address; left out: `/` and the webhook's name."
    )
    secret: Secret | None = Field(
        default=None,
        description="What vendor and service both know; of several lines each is right, so that it"
        " can be changed.",
    )
    secret_file: Path | None = Field(
        default=None, description="File with the secret, instead of `secret`."
    )
    public_url: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        description="For `twilio`: the address as Twilio was given it, without `?` and beyond.",
    )
    username: Annotated[str, AfterValidator(_without_colon)] | None = Field(
        default=None, description="For `basic`; the secret is its password."
    )
    header: HeaderName | None = Field(
        default=None, description="For `hmac` and `header`: the header with signature or secret."
    )
    prefix: str = Field(
        default="",
        max_length=100,
        description='What stands before it in the header, such as `"sha256="` or `"Bearer "`.',
    )
    algorithm: Literal["sha1", "sha256", "sha512"] = Field(
        default="sha256", description="For `hmac`."
    )
    encoding: Literal["hex", "base64"] = Field(default="hex", description="For `hmac`.")
    timestamp_header: HeaderName | None = Field(
        default=None,
        description="For `hmac`: header of a time that is signed before the body. One more than 5"
        " minutes off is refused.",
    )
    timestamp_joint: str = Field(
        default=".", max_length=10, description="For `hmac`: what stands between time and body."
    )
    headers: Annotated[
        list[HeaderName], NoDecode, BeforeValidator(decoded, json_schema_input_type=list[str] | str)
    ] = Field(
        default=["Content-Type"],
        max_length=20,
        description="Headers of a request that its record keeps, by their names in lower case;"
        " never those of a login or a signature.",
    )

    @model_validator(mode="wrap")
    @classmethod
    def _read_secret_file(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        return with_secret_from_file(values, handler, "secret")

    @model_validator(mode="after")
    def _the_signature_is_whole(self) -> Self:
        if self.signature == "none" and self.secret is not None:
            raise ValueError("a secret is given, but signature is none: name how it is used")
        if self.signature != "none" and self.secret is None:
            raise ValueError(
                f"signature {self.signature} needs secret or secret_file (or, if anybody may send,"
                ' signature = "none")'
            )
        needed = _NEEDS.get(self.signature, ())
        for name in needed:
            if getattr(self, name) is None:
                raise ValueError(f"signature {self.signature} needs {name}")
        allowed = {*needed, *_MAY_HAVE.get(self.signature, ())}
        foreign = sorted((self.model_fields_set & _OF_SIGNATURES) - allowed)
        if foreign:
            raise ValueError(f"{', '.join(foreign)}: not for signature {self.signature}")
        return self

    @model_validator(mode="after")
    def _no_secret_is_kept(self) -> Self:
        own = set() if self.header is None else {self.header.lower()}
        secret = sorted({name.lower() for name in self.headers} & (_NEVER_KEPT | own))
        if secret:
            raise ValueError(f"headers: {', '.join(secret)} holds a secret, or proves one")
        return self

    def secrets(self) -> tuple[bytes, ...]:
        """Each that is right."""
        text = "" if self.secret is None else self.secret.get_secret_value()
        return tuple(line.strip().encode() for line in text.splitlines() if line.strip())


Webhooks = Annotated[
    dict[Annotated[str, AfterValidator(_webhook_name)], Webhook],
    NoDecode,
    BeforeValidator(decoded),
]


class Receive(Section):
    """Webhooks, and the HTTP server that vendors call; `[http]` has health and metrics."""

    host: str = Field(
        default="0.0.0.0",  # noqa: S104 - vendors are elsewhere
        min_length=1,
        description="Interface to listen on; `127.0.0.1`: behind a proxy on this machine.",
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port; 0: any free one.")
    tls_cert_file: Path | None = Field(
        default=None, description="PEM file of the server's certificate chain; serves HTTPS."
    )
    tls_key_file: Path | None = Field(
        default=None, description="PEM file of its private key, unless it is in the same file."
    )
    max_body_bytes: int = Field(
        default=786_432,
        ge=1,
        le=16_777_216,
        description="Larger requests are refused (413); the topics have to take records so large.",
    )
    max_waiting_bytes: int = Field(
        default=67_108_864,
        ge=1_048_576,
        le=4_294_967_296,
        description="Requests that are being read or wait for Kafka, in all; beyond it the answer"
        " is 503.",
    )
    requests_per_second: float = Field(
        default=100,
        gt=0,
        le=100_000,
        description="Genuine requests of a webhook, those of 5 seconds at once; beyond it: 429.",
    )
    total_requests_per_second: float = Field(
        default=500,
        gt=0,
        le=100_000,
        description="Requests in all, genuine or not, those of 5 seconds at once; beyond it: 429.",
    )
    max_connections: int = Field(
        default=256,
        ge=1,
        le=10_000,
        description="Connections at a time; beyond it the one that waits longest is closed.",
    )
    webhooks: Webhooks = Field(
        default={}, description="A table `[receive.webhooks.NAME]` for each, see below."
    )

    @model_validator(mode="after")
    def _all_fits_together(self) -> Self:
        if self.tls_key_file and not self.tls_cert_file:
            raise ValueError("tls_key_file needs tls_cert_file")
        if self.max_waiting_bytes < self.max_body_bytes:
            raise ValueError("max_waiting_bytes has to be max_body_bytes or more")
        paths = [self.path(name) for name in self.webhooks]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            raise ValueError(f"two webhooks have the same path: {', '.join(twice)}")
        return self

    def path(self, name: str) -> str:
        """Of the webhook of this name."""
        return self.webhooks[name].path or f"/{name}"
