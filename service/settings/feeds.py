"""Feeds as the configuration gives them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, ModelWrapValidatorHandler, model_validator
from pydantic_settings import NoDecode

from service.events.agents import AnyEventType
from service.events.times import microseconds
from service.settings.calendars import TimeZone
from service.settings.kafka import TopicName
from service.settings.lists import decoded
from service.settings.lookup_files import lookup_file
from service.settings.section import Secret, Section, with_secret_from_file

Scalar = bool | int | float | str
_NO_TIME = "a time is needed, such as 2026-01-31T09:30:00Z, or a date"


def _moment(value: Any) -> Any:
    """TOML's own times and dates, and texts; a date begins at midnight, UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(_NO_TIME) from None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - UTC below
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise ValueError(_NO_TIME)  # noqa: TRY004 - what pydantic expects
    return microseconds(value if value.tzinfo else value.replace(tzinfo=UTC))


def _values(value: Any) -> Any:
    value = decoded(value) if isinstance(value, str) and value.startswith("[") else value
    return value if isinstance(value, list) else [value]


def _lookup(value: Any) -> Any:
    if isinstance(value, str) and not value.strip().startswith("{"):
        return lookup_file(Path(value))
    return decoded(value)


Match = Annotated[
    dict[str, Annotated[list[Scalar], BeforeValidator(_values), Field(min_length=1)]],
    NoDecode,
    BeforeValidator(decoded),
]
Lookups = Annotated[
    dict[str, Annotated[dict[str, Scalar], BeforeValidator(_lookup)]],
    NoDecode,
    BeforeValidator(decoded),
]


class FeedTable(Section):
    """How records of a topic become events of one type; or, without `emit`, what a group shares."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str] = Field(init=False)

    topic: TopicName | None = Field(default=None, description="Topic of the foreign records.")
    format: str | None = Field(
        default=None,
        description="How the records are written: `json` (the default), `cloudevents`, `connect`,"
        " `debezium`, `avro` or `text` (lines of a log). A schema registry's prefix is understood"
        " in all but the last.",
    )
    emit: AnyEventType | None = Field(
        default=None,
        description="Type of the events that are made. A table without it is a group: what it says"
        " holds for all feeds whose names begin with its name and a dash.",
    )
    match: Match = Field(
        default={},
        description="Which records: a dotted path, and the value or list of values of which one"
        " must stand there.",
    )
    when: str | None = Field(
        default=None, description="Which of these: a JMESPath expression that must be true."
    )
    for_each: str | None = Field(
        default=None,
        description="JMESPath of an array in the record; each element is taken by itself.",
    )
    lookups: Lookups = Field(
        default={},
        description="Tables for `lookup(table, key)`, each inline or the path of a file: `.csv`"
        " (two columns), `.json` or `.toml`.",
    )
    not_before: Annotated[int | None, BeforeValidator(_moment)] = Field(
        default=None, description="Events before this time are skipped: old ones of a first import."
    )
    timezone: TimeZone | None = Field(
        default=None, description="Zone of times that are written without one."
    )

    def expressions(self) -> dict[str, str]:
        """The expression of each field of the event."""
        return dict(self.__pydantic_extra__ or {})


class Feeds(Section):
    """What other systems publish, and how events are made of it."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, FeedTable] = Field(init=False)

    use: Annotated[list[str], NoDecode, BeforeValidator(decoded)] = Field(
        default=[], description="Ready-made feeds of these systems."
    )
    hash_secret: Secret | None = Field(
        default=None,
        description="Secret of the function `hash`, which hides phone numbers and addresses. With"
        " another secret everybody is another customer.",
    )
    hash_secret_file: Path | None = Field(
        default=None, description="File with the secret, instead of `hash_secret`."
    )

    @model_validator(mode="wrap")
    @classmethod
    def _read_secret_file(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        return with_secret_from_file(values, handler, "hash_secret")

    def tables(self) -> dict[str, FeedTable]:
        """The user's own tables, by name."""
        return dict(self.__pydantic_extra__ or {})
