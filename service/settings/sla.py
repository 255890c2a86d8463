"""SLA targets as the configuration gives them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from service.definitions import OTHERS, Sla, Targets
from service.settings.durations import PositiveDuration
from service.settings.labels import Label, LabelForms
from service.settings.lists import decoded
from service.settings.section import Section


class TargetTable(Section):
    """Targets of a priority; what is left out is the channel's."""

    first_response: PositiveDuration | None = Field(
        default=None, description="Longest time to the first response of an agent."
    )
    resolution: PositiveDuration | None = Field(
        default=None, description="Longest time until the contact is closed."
    )

    def targets(self) -> Targets:
        """The same as the domain has it."""
        return Targets(self.first_response, self.resolution)


class ChannelTable(TargetTable):
    """Targets of a channel; what is left out is not judged."""

    calendar: str | None = Field(
        default=None, description="The calendar whose hours count; without one, all hours do."
    )
    priority: dict[Label, TargetTable] = Field(
        default_factory=dict, description="Targets of a priority of this channel."
    )


SlaTable = Annotated[dict[Label, ChannelTable], NoDecode, BeforeValidator(decoded)]


def sla_table(sla: Sla) -> dict[str, ChannelTable]:
    """The configuration that says the same as `sla` (of targets by channel alone)."""
    tables = {**sla.by_channel, OTHERS: sla.default}
    return {
        channel: ChannelTable(
            # The fields are given in µs already, so they are not to be read as seconds.
        ).model_copy(
            update={"first_response": targets.first_response, "resolution": targets.resolution}
        )
        for channel, targets in tables.items()
    }


def sla(given: dict[str, ChannelTable], forms: LabelForms) -> Sla:
    """The domain's value."""
    tables = {forms.one("channel", channel): table for channel, table in given.items()}
    others = tables.get(OTHERS, ChannelTable())
    by_priority = {
        (channel, forms.one("priority", priority)): table.targets()
        for channel, channel_table in tables.items()
        for priority, table in channel_table.priority.items()
    }
    by_channel = {
        channel: table.targets()
        for channel, table in tables.items()
        if channel != OTHERS and not _leaves_targets_to_others(table)
    }
    calendars = {channel: it.calendar for channel, it in tables.items() if it.calendar is not None}
    return Sla(
        MappingProxyType(by_channel),
        MappingProxyType(by_priority),
        others.targets(),
        MappingProxyType(calendars),
    )


def _leaves_targets_to_others(table: ChannelTable) -> bool:
    """A table of nothing but priorities and a calendar does; an empty one says: not judged."""
    return bool(table.model_fields_set) and table.model_fields_set <= {"priority", "calendar"}
