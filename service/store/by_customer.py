"""The records of contacts that a changelog has, put together customer by customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from service.store import changelog as state


def by_customer(contacts: dict[bytes, bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """The records of each customer's contacts; forgets them on the way."""
    customers: defaultdict[str, list[bytes]] = defaultdict(list)
    names = map(state.read_key, contacts)
    for name, record in zip(names, contacts.values(), strict=True):
        customers[name[0]].append(record)
    while customers:
        yield customers.popitem()
    # Not sooner: what stays would come to lie in the gaps, and the rest of these with it.
    contacts.clear()
