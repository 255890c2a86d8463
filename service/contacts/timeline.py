"""The contacts of one match in the order of their starts, with their ends.

Two questions decide about repeats, and both are answered in O(sqrt n) at the worst, with the
interpreter's own `max` and `bisect` doing the work:

* when did the next contact after a moment start?
* what is the latest end of all contacts that started before a moment?
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from service.contacts.record import Contact

#: Members in a block. Around the square root of the largest customer worth planning for.
BLOCK = 256

Key = tuple[int, str]


class _Block:
    """A run of members; `latest_end` is kept because most questions need whole blocks only."""

    __slots__ = ("ends", "keys", "latest_end", "members")

    def __init__(self, keys: list[Key], ends: list[int], members: list[Contact]) -> None:
        self.keys = keys
        self.ends = ends
        self.members = members
        self.latest_end = max(ends)


class Timeline:
    """Contacts sorted by (start, id). Times are microseconds."""

    __slots__ = ("_blocks", "_lows")

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        #: The lowest key of each block.
        self._lows: list[Key] = []

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def add(self, start: int, end: int, contact: Contact) -> None:
        key = (start, contact.contact_id)
        if not self._blocks:
            self._blocks.append(_Block([key], [end], [contact]))
            self._lows.append(key)
            return
        number = max(0, self._block_of(key))
        block = self._blocks[number]
        at = bisect_left(block.keys, key)
        block.keys.insert(at, key)
        block.ends.insert(at, end)
        block.members.insert(at, contact)
        block.latest_end = max(block.latest_end, end)
        self._lows[number] = block.keys[0]
        if len(block.keys) > BLOCK:
            self._split(number)

    def remove(self, start: int, contact: Contact) -> None:
        number, at = self._find(start, contact)
        block = self._blocks[number]
        del block.keys[at], block.ends[at], block.members[at]
        if not block.keys:
            del self._blocks[number], self._lows[number]
            return
        block.latest_end = max(block.ends)
        self._lows[number] = block.keys[0]

    def set_end(self, start: int, end: int, contact: Contact) -> None:
        number, at = self._find(start, contact)
        block = self._blocks[number]
        former = block.ends[at]
        block.ends[at] = end
        if end >= block.latest_end:
            block.latest_end = end
        elif former == block.latest_end:
            block.latest_end = max(block.ends)

    def next_start(self, moment: int) -> int | None:
        """The earliest start later than `moment`."""
        for start, _, _ in self.after(moment):
            return start
        return None

    def latest_end_before(self, moment: int) -> int | None:
        """The latest end of all that started before `moment`, not at it."""
        key = (moment, "")
        number = self._block_of(key)
        if number < 0:
            return None
        block = self._blocks[number]
        ends = block.ends[: bisect_left(block.keys, key)]
        latest = [earlier.latest_end for earlier in self._blocks[:number]]
        return max(max(ends, default=-(1 << 62)), max(latest, default=-(1 << 62)))

    def after(self, moment: int) -> Iterator[tuple[int, int, Contact]]:
        """(start, end, contact) of all that started later than `moment`, in order."""
        key = (moment + 1, "")
        first = max(0, self._block_of(key))
        for number in range(first, len(self._blocks)):
            block = self._blocks[number]
            at = bisect_left(block.keys, key) if number == first else 0
            for index in range(at, len(block.keys)):
                yield block.keys[index][0], block.ends[index], block.members[index]

    def last_before(self, moment: int) -> Iterator[Contact]:
        """All that share the latest start before `moment`."""
        start: int | None = None
        number = self._block_of((moment, ""))
        while number >= 0:
            block = self._blocks[number]
            for index in range(bisect_left(block.keys, (moment, "")) - 1, -1, -1):
                if start is not None and block.keys[index][0] != start:
                    return
                start = block.keys[index][0]
                yield block.members[index]
            number -= 1

    def _block_of(self, key: Key) -> int:
        """The last block that begins before `key` (or at it); -1 if none does."""
        number = bisect_left(self._lows, key)
        if number < len(self._lows) and self._lows[number] == key:
            return number
        return number - 1

    def _find(self, start: int, contact: Contact) -> tuple[int, int]:
        key = (start, contact.contact_id)
        number = self._block_of(key)
        return number, bisect_left(self._blocks[number].keys, key)

    def _split(self, number: int) -> None:
        block = self._blocks[number]
        # Contacts come nearly in order: leaving the left block full keeps blocks dense.
        cut = len(block.keys) - BLOCK // 8 - 1
        right = _Block(block.keys[cut:], block.ends[cut:], block.members[cut:])
        self._blocks[number] = _Block(block.keys[:cut], block.ends[:cut], block.members[:cut])
        insort(self._lows, right.keys[0])
        self._blocks.insert(number + 1, right)
