"""SLA targets as the configuration gives them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from service.definitions import OTHERS, Sla, Targets
from service.settings.durations import PositiveDuration
from service.settings.lists import decoded
from service.settings.section import Section

Label = Annotated[str, Field(min_length=1, max_length=64)]


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


def sla(tables: dict[str, ChannelTable]) -> Sla:
    """The domain's value. Raises ValueError."""
    others = tables.get(OTHERS, ChannelTable())
    by_priority = {
        (channel, priority): table.targets()
        for channel, channel_table in tables.items()
        for priority, table in channel_table.priority.items()
    }
    by_channel = {
        channel: table.targets()
        for channel, table in tables.items()
        # A table of nothing but priorities leaves all else of its channel to the others' targets.
        if channel != OTHERS and table.model_fields_set != {"priority"}
    }
    return Sla(MappingProxyType(by_channel), MappingProxyType(by_priority), others.targets())
