"""Whether all that a changelog has to hold was found in it.

A log whose head was cut off (by a retention, by hand) reads like one that began later: without
this, the numbers would be those of the few records that are left.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from service.store import changelog as state

#: Of whatever is kept: the record whose deletion says that all was taken back.
UNDONE_BY: Final = state.CLOCK


class StateIncompleteError(Exception):
    """Records are missing that were written and never replaced by others.

    Attributes:
        what: the kind of record that is missing.
        found, expected: how many of that kind there are, and how many there must be at least.
    """

    def __init__(self, what: str, found: int, expected: int) -> None:
        super().__init__(f"the state is incomplete: {found} of {expected} {what} found")
        self.what = what
        self.found = found
        self.expected = expected


def require_records(clock: state.Clock, found: Collection[bytes]) -> None:
    """Raises if of the records beside those of contacts one is missing; `found`: all keys."""
    for what, keys in (
        ("parts of retired counters", state.retired_keys(clock)),
        ("parts of the definitions", state.definitions_keys(clock)),
        ("parts of the label values", state.labels_keys(clock)),
    ):
        present = sum(key in found for key in keys)
        if present < len(keys):
            raise StateIncompleteError(what, present, len(keys))


def require_contacts(clock: state.Clock, found: int, accounts: int) -> None:
    """Raises if fewer contacts, or accounts, have been read back than were in the state.

    There may be more, of a flush that did not come to its clock or to its end. The last release did
    not say.
    """
    if clock.contacts is not None and found < clock.contacts:
        raise StateIncompleteError("contacts", found, clock.contacts)
    if accounts < clock.accounts:
        raise StateIncompleteError("accounts", accounts, clock.accounts)
