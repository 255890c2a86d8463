"""The centre with Twilio Flex: TaskRouter's events as Event Streams sends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import orjson

from service.events.model import (
    ContactResolved,
    ContactResponded,
    ContactStarted,
    ContactUpdated,
    CustomerChanged,
    Event,
)
from service.simulate.profiles import ANONYMOUS
from service.simulate.vendors.contacts import Contacts
from service.simulate.vendors.foreign import ForeignPublication, record, time

_TOPIC: Final = "twilio-events"
#: How Twilio writes the number of somebody who withholds it.
_WITHHELD: Final = "+266696687"
_OURS: Final = "+14155550100"


@dataclass(slots=True)
class _Task:
    customer: str
    created: str
    channel: str
    outbound: bool
    queue: str | None
    reason: str | None


class Twilio:
    """Tasks and their reservations. A task that is over does not begin again."""

    topics: tuple[str, ...] = (_TOPIC,)
    feeds: Mapping[str, Any] = MappingProxyType({"use": ["twilio-taskrouter"]})

    def __init__(self) -> None:
        self._tasks: Contacts[_Task] = Contacts()
        self._told = 0

    def tell(self, event: Event, at: int) -> Iterator[ForeignPublication]:
        """TaskRouter's events of what happens; none where it has no word for it."""
        if isinstance(event, ContactStarted):
            yield from self._created(event, at)
            return
        if isinstance(event, CustomerChanged):
            return
        task = self._tasks.get(event.contact_id, at)
        if task is None:
            return
        if isinstance(event, ContactResponded):
            if event.responder == "agent":
                yield self._event("reservation.accepted", event.contact_id, task, at)
        elif isinstance(event, ContactUpdated):
            task.reason = event.reason or task.reason
            if event.queue is not None:
                task.queue = event.queue
                yield self._event("task-queue.entered", event.contact_id, task, at)
        elif isinstance(event, ContactResolved):
            task.queue, task.reason = event.queue or task.queue, event.reason or task.reason
            over = "task.canceled" if event.outcome == "abandoned" else "task.wrapup"
            yield self._event(over, event.contact_id, task, at)

    def _created(self, event: ContactStarted, at: int) -> Iterator[ForeignPublication]:
        if event.version:
            return  # when a task was created is never told again
        task = _Task(
            customer=event.customer_id,
            created=time(at),
            channel=event.channel,
            outbound=event.direction == "outbound",
            queue=event.queue,
            reason=event.reason,
        )
        self._tasks.add(event.contact_id, task, at)
        yield self._event("task.created", event.contact_id, task, at)

    def _event(self, name: str, id_: str, task: _Task, at: int) -> ForeignPublication:
        self._told += 1
        payload = {
            "eventtype": name,
            "timestamp": time(at),
            "task_sid": id_,
            "task_attributes": orjson.dumps(_attributes(task)).decode(),
            "task_date_created": task.created,
            "task_channel_unique_name": task.channel,
            "task_queue_name": task.queue,
            "worker_name": "ann" if name in {"reservation.accepted", "task.wrapup"} else None,
        }
        value = {
            "specversion": "1.0",
            "type": f"com.twilio.taskrouter.{name}",
            "source": "/AC0/TaskRouter",
            "id": f"EZ{self._told:032d}",
            "datacontenttype": "application/json",
            "time": time(at),
            "data": {"name": name, "timestamp": time(at), "payload": payload},
        }
        return record(_TOPIC, id_, value, at)


def _attributes(task: _Task) -> dict[str, Any]:
    attributes: dict[str, Any] = {"conversations": {"conversation_attribute_1": task.reason}}
    if task.outbound:
        return {**attributes, "direction": "outbound", "from": _OURS, "outbound_to": task.customer}
    withheld = task.customer == ANONYMOUS
    if not withheld:
        attributes["customers"] = {"external_id": task.customer}
    return {
        **attributes,
        "direction": "inbound",
        "from": _WITHHELD if withheld else task.customer,
    }
