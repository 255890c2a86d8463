"""The schema registry that records name their schemas in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ModelWrapValidatorHandler, model_validator

from service.settings.section import Secret, Section, with_secret_from_file
from service.settings.words import without_login

_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


def _address(url: str) -> str:
    if not _ADDRESS.fullmatch(url):
        raise ValueError(
            f'"{without_login(url)}" is no address such as "https://registry:8081"; a user belongs'
            " into registry.username"
        )
    return url.rstrip("/")


class Registry(Section):
    """A schema registry that speaks Confluent's API; only Avro needs one."""

    url: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        description="Address, with the path of the API where it has one (Apicurio:"
        " `/apis/ccompat/v7`).",
    )
    username: str | None = Field(
        default=None, min_length=1, description="User, or the name of an API key."
    )
    password: Secret | None = Field(default=None, description="Password, or the key's secret.")
    password_file: Path | None = Field(
        default=None, description="File with the password, instead of `password`."
    )
    tls_ca_file: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; else the system's."
    )

    @model_validator(mode="wrap")
    @classmethod
    def _read_secret_file(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        return with_secret_from_file(values, handler, "password")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password (or password_file) go together")
        if self.url is None and (self.username or self.tls_ca_file):
            raise ValueError("username and tls_ca_file need the url of the registry")
        if self.tls_ca_file and not str(self.url).startswith("https:"):
            raise ValueError("tls_ca_file is given, but the url does not begin with https:")
        return self
