"""An engine that remembers which contact was last heard of when; enough to test the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.events.model import CustomerChanged
from service.view.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.aggregates.labels import Label
    from service.events.model import Event
    from service.store.settings_told import Difference


class ToyEngine:
    """State: contact id → number of its events and the largest event time."""

    def __init__(self) -> None:
        self.contacts: dict[str, int] = {}
        self.applied: list[str] = []
        self.caught_up_at: dict[str, int] = {}
        self.is_restored = False
        self.displaced_labels: list[Label] = []
        self.told_again: list[bytes] = []
        self._changed: dict[str, None] = {}

    def restore(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        assert not self.is_restored
        for key, value in records:
            if value is None:
                self.contacts.pop(key.decode(), None)
            else:
                self.contacts[key.decode()] = int(value)

    def undecided(self) -> list[Label]:
        return []

    def admit(self, labels: Iterable[Label]) -> None:
        pass

    def restored(self) -> None:
        self.is_restored = True

    def changed_settings(self) -> list[Difference]:
        return []

    def flaw(self, _key: bytes, value: bytes | None) -> str | None:
        return None if value is None or value.isdigit() else "its value is no number"

    @property
    def is_empty(self) -> bool:
        return not self.contacts

    def apply(self, events: Sequence[tuple[Event, int]]) -> list[str]:
        assert self.is_restored
        results = []
        for event, at in events:
            assert not isinstance(event, CustomerChanged)
            known = self.contacts.get(event.contact_id, -1)
            self.contacts[event.contact_id] = max(known, at)
            self._changed[event.contact_id] = None
            self.applied.append(event.contact_id)
            results.append("accepted" if at > known else "duplicate")
        return results

    def overflowed(self) -> dict[str, int]:
        return {}

    def caught_up(self, event_type: str, wall_us: int) -> None:
        self.caught_up_at[event_type] = wall_us

    def advance(self) -> None:
        pass

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        changed, self._changed = self._changed, {}
        return [(name.encode(), b"%d" % self.contacts[name]) for name in changed]

    def tell_again(self, outcomes: Sequence[bytes]) -> None:
        self.told_again += outcomes

    def outcomes(self) -> list[tuple[bytes, bytes]]:
        return []

    def snapshot(self) -> Snapshot:
        return Snapshot(clock=0, live_contacts=len(self.contacts), families={})
