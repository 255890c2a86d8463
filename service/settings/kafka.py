"""How to reach Kafka, and what the topics are called."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    model_validator,
)
from pydantic_settings import NoDecode

from service.definitions import HOUR, SECOND
from service.settings.durations import Duration
from service.settings.lists import decoded
from service.settings.section import Secret, Section, with_secret_from_file
from service.settings.words import without_login

SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/]+):(\d{1,5})")


def _topic_name(name: str) -> str:
    if not _TOPIC.fullmatch(name) or name in {".", ".."}:
        raise ValueError("a topic's name has 1-249 letters, digits, '.', '_' or '-'")
    return name


def _addresses(addresses: list[str]) -> list[str]:
    for address in addresses:
        match = _ADDRESS.fullmatch(address)
        if match is None or not 0 < int(match[2]) < 65536:
            raise ValueError(f'"{without_login(address)}" is not host:port, such as "kafka-1:9092"')
    if not addresses:
        raise ValueError("at least one host:port is needed")
    return addresses


def _not_beyond_an_hour(timeout: int) -> int:
    if not SECOND <= timeout <= HOUR:
        raise ValueError("a time-out is from 1s to 1h")
    return timeout


Timeout = Annotated[Duration, AfterValidator(_not_beyond_an_hour)]
TopicName = Annotated[str, AfterValidator(_topic_name)]
Addresses = Annotated[
    list[str],
    NoDecode,
    BeforeValidator(decoded, json_schema_input_type=list[str] | str),
    AfterValidator(_addresses),
]


class Topics(Section):
    """Names of the topics."""

    contact_started: TopicName = Field(
        default="contact-started", description="Topic of contacts that began."
    )
    contact_resolved: TopicName = Field(
        default="contact-resolved", description="Topic of contacts that ended."
    )
    survey_answered: TopicName = Field(
        default="survey-answered", description="Topic of survey answers."
    )
    contact_responded: TopicName = Field(
        default="contact-responded",
        description="Topic of single responses; read only with `contact_responded = true`.",
    )
    contact_updated: TopicName = Field(
        default="contact-updated",
        description="Topic of updates; read only with `contact_updated = true`.",
    )
    contact_evaluated: TopicName = Field(
        default="contact-evaluated",
        description="Topic of evaluations; read only with `contact_evaluated = true`.",
    )
    agent_state_changed: TopicName = Field(
        default="agent-state-changed",
        description="Topic of what agents do; read only with `agents = true`.",
    )
    agent_scheduled: TopicName = Field(
        default="agent-scheduled",
        description="Topic of agents' shifts and pauses; read only with `agents = true`.",
    )
    agent_employed: TopicName = Field(
        default="agent-employed",
        description="Topic of agents' employments; read only with `agents = true`.",
    )
    outcomes: TopicName = Field(
        default="contact-outcomes",
        description="Topic of outcomes, with ids in it; written only with `outcomes = true`.",
    )
    customer_changed: TopicName = Field(
        default="customer-changed",
        description="Topic of customers; read only with `customer_changed = true`.",
    )
    changelog: TopicName = Field(
        default="contact-metrics-changelog",
        description="Compacted topic with the service's state; nobody else writes to it.",
    )
    agents_changelog: TopicName = Field(
        default="contact-metrics-agents-changelog",
        description="The same of agents; read and written only with `agents = true`.",
    )
    group_register: TopicName = Field(
        default="contact-metrics-register",
        description="Compacted topic of one partition with what the whole group agrees on, such as"
        " the label values that are kept. Groups may share it.",
    )
    dead_letters: TopicName = Field(
        default="contact-metrics-dead-letters", description="Topic for refused events."
    )

    @model_validator(mode="after")
    def _all_differ(self) -> Self:
        names = [getattr(self, field) for field in type(self).model_fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two topics have the same name: {', '.join(twice)}")
        return self


class Kafka(Section):
    """The broker, the consumer group, and how to log in."""

    bootstrap_servers: Addresses = Field(
        default=["localhost:9092"], description="Brokers to reach first, each `host:port`."
    )
    group: str = Field(
        default="contact-metrics",
        min_length=1,
        max_length=249,
        description="Consumer group; the workers that share the partitions have the same.",
    )
    map_group: str = Field(
        default="contact-metrics-map",
        min_length=1,
        max_length=249,
        description="Consumer group of `contact-metrics map`; the stages that share the feeds'"
        " topics have the same.",
    )
    create_topics: bool = Field(
        default=False,
        description="Create missing topics at start-up; otherwise a missing topic is an error.",
    )
    partitions: int = Field(
        default=12, ge=1, le=10_000, description="Partitions of each topic that is created."
    )
    accept_partitions: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description=(
            "Start although the event topics were given this number of partitions, by which keys"
            " have moved."
        ),
    )
    replication_factor: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Copies of each topic that is created; else three, or one on each broker.",
    )
    session_timeout: Timeout = Field(
        default=15_000_000,
        description="After this silence the broker gives a worker's partitions to the others; 1 s"
        " to 1 h, within the broker's group.min.session.timeout.ms and group.max.session.timeout.ms"
        ".",
    )
    rebalance_timeout: Timeout = Field(
        default=20_000_000,
        description="How long a rebalance waits for workers to hand their partitions over; 1 s to"
        " 1 h.",
    )
    fetch_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=16 * 1024 * 1024,
        le=4 * 1024 * 1024 * 1024,
        description=(
            "Memory for events that are fetched and not yet applied, in bytes once decompressed. A"
            " batch of a publisher that takes more than half of it is refused as a whole."
        ),
    )

    value_format: Literal["json", "cloudevents", "json-schema", "avro"] = Field(
        default="json",
        description="How events are written in their topics: plain JSON (also the binary mode of"
        " CloudEvents); CloudEvents of the structured mode; JSON or Avro by a schema registry, with"
        " the number of the schema before it. Plain JSON is read beside each of them.",
    )

    tls: bool = Field(default=False, description="Encrypt the connection (TLS).")
    tls_ca_file: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; else the system's."
    )
    tls_cert_file: Path | None = Field(
        default=None, description="PEM file of the client's certificate, for mutual TLS."
    )
    tls_key_file: Path | None = Field(
        default=None, description="PEM file of the client's private key."
    )

    sasl_mechanism: SaslMechanism | None = Field(
        default=None, description="How to log in; without one there is no login."
    )
    sasl_username: str | None = Field(default=None, description="For PLAIN and SCRAM.")
    sasl_password: Secret | None = Field(default=None, description="For PLAIN and SCRAM.")
    sasl_password_file: Path | None = Field(
        default=None, description="File with the password, instead of `sasl_password`."
    )
    oauth_token_file: Path | None = Field(
        default=None,
        description=(
            "For OAUTHBEARER: file with the token, read anew for each login, so that another"
            " process can renew it."
        ),
    )

    @model_validator(mode="wrap")
    @classmethod
    def _read_secret_file(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        return with_secret_from_file(values, handler, "sasl_password")

    @model_validator(mode="after")
    def _groups_differ(self) -> Self:
        if self.map_group == self.group:
            raise ValueError("group and map_group are the same: the two read different topics")
        return self

    @model_validator(mode="after")
    def _the_login_is_whole(self) -> Self:
        password = self.sasl_password and self.sasl_password.get_secret_value()
        match self.sasl_mechanism:
            case None:
                if self.sasl_username or password or self.oauth_token_file:
                    raise ValueError(
                        "sasl_username, sasl_password and oauth_token_file need a sasl_mechanism:"
                        f" {', '.join(get_args(SaslMechanism))}"
                    )
            case "OAUTHBEARER":
                if self.oauth_token_file is None:
                    raise ValueError("OAUTHBEARER needs oauth_token_file")
            case mechanism:
                if not self.sasl_username or not password:
                    raise ValueError(
                        f"{mechanism} needs sasl_username and sasl_password (or sasl_password_file)"
                    )
        if not self.tls and (self.tls_ca_file or self.tls_cert_file or self.tls_key_file):
            raise ValueError("files for TLS are given, but tls is false: set tls = true")
        if self.tls_key_file and not self.tls_cert_file:
            raise ValueError("tls_key_file needs tls_cert_file")
        return self
