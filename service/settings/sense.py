"""Settings that are right each by itself, and make no sense together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.definitions import OTHERS
from service.feeds.errors import FeedError
from service.settings.contradiction import Contradiction
from service.settings.labels import LabelForms
from service.settings.order import out_of_order

if TYPE_CHECKING:
    from service.settings.alerts import Objective
    from service.settings.root import Settings


def contradictions(settings: Settings) -> Iterator[Contradiction]:
    """What was given and contradicts the rest; a default that does not suit it does no harm."""
    yield from out_of_order(settings)
    yield from _calendars(settings)
    yield from _labels(settings)
    yield from _objectives(settings)
    yield from _feeds(settings)
    yield from _value_format(settings)
    yield from _webhooks(settings)


def _webhooks(settings: Settings) -> Iterator[Contradiction]:
    own = {getattr(settings.topics, field) for field in type(settings.topics).model_fields}
    for name, webhook in settings.receive.webhooks.items():
        if webhook.topic in own:
            yield Contradiction(
                ("receive", "webhooks", name, "topic"),
                f"{webhook.topic} is one of the service's own topics: name another one, and a feed"
                " that makes events of what comes in there",
            )


def _calendars(settings: Settings) -> Iterator[Contradiction]:
    named: list[tuple[tuple[str, ...], str]]
    named = [(("queue_calendars", queue), name) for queue, name in settings.queue_calendars.items()]
    named += [
        (("sla", channel, "calendar"), table.calendar)
        for channel, table in settings.sla.items()
        if table.calendar is not None
    ]
    for place, name in named:
        if name not in settings.calendars:
            known = ", ".join(settings.calendars) or "none is given"
            yield Contradiction(
                place, f"there is no calendar {name}: add [calendars.{name}], or name one ({known})"
            )


def _labels(settings: Settings) -> Iterator[Contradiction]:
    forms = LabelForms(settings.lowercase_labels)
    for place, name, labels in (
        ("sla", "channel", settings.sla),
        ("queue_calendars", "queue", settings.queue_calendars),
    ):
        seen: dict[str, str] = {}
        for label in labels:
            form = forms.one(name, label)
            if form in seen:
                yield Contradiction(
                    (place, label), f"it is the same {name} as {seen[form]}: leave one of them out"
                )
            seen[form] = label


def _objectives(settings: Settings) -> Iterator[Contradiction]:
    if "objectives" not in settings.alerts.model_fields_set:
        return
    seen = set()
    for number, objective in enumerate(settings.alerts.objectives):
        place = ("alerts", "objectives", str(number))
        if (objective.channel, objective.target) in seen:
            yield Contradiction(
                place,
                f"there is another objective for {objective.target} of {objective.channel}:"
                " leave one of them out",
            )
        seen.add((objective.channel, objective.target))
        for what in _unjudged(settings, objective):
            yield Contradiction((*place, "channel"), what)


def _unjudged(settings: Settings, objective: Objective) -> Iterator[str]:
    channel = objective.channel
    shown = settings.allowed_labels.get("channel")
    judged = settings.sla.get(channel, settings.sla.get(OTHERS))
    targets = [] if judged is None else [judged, *judged.priority.values()]
    if channel != OTHERS and shown is not None and channel not in shown:
        yield f"{channel} is not one of allowed_labels.channel: it is shown as other"
    elif channel not in {*settings.sla, *(shown or ()), OTHERS}:
        yield (
            f"no channel {channel} is known: give it targets in [sla.{channel}], or name one of"
            f" {', '.join(settings.sla)}"
        )
    elif channel != OTHERS and not any(getattr(kind, objective.target) for kind in targets):
        yield (
            f"{channel} has no target for {objective.target}: set sla.{channel}.{objective.target},"
            " or leave the objective out"
        )


def _value_format(settings: Settings) -> Iterator[Contradiction]:
    if settings.kafka.value_format == "avro" and settings.registry.url is None:
        yield Contradiction(
            ("kafka", "value_format"),
            "Avro is read by the schemas of a registry: set registry.url",
        )


def _feeds(settings: Settings) -> Iterator[Contradiction]:
    if not settings.feeds.use and not settings.feeds.tables():
        return
    from service.settings.feed_groups import feed_mapper

    own = {getattr(settings.topics, field) for field in type(settings.topics).model_fields}
    try:
        for feed in feed_mapper(settings).feeds:
            if feed.definition.topic in own:
                yield Contradiction(
                    ("feeds", feed.name, "topic"),
                    f"{feed.definition.topic} is one of the service's own topics: what is mapped"
                    " would come round again",
                )
    except FeedError as error:
        for mistake in error.mistakes:
            yield Contradiction(("feeds", *mistake.place), mistake.what)
