"""The contacts of one match in the order of their starts, with their ends.

Two questions decide about repeats, and both are answered in O(sqrt n) at the worst, with the
interpreter's own `max` and `bisect` doing the work:

* when did the next contact after a moment start?
* what is the latest end of all contacts that started before a moment?
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from service.state.place import NEVER
from service.state.record import Contact

#: Members in a block. Around the square root of the largest customer worth planning for.
BLOCK = 256

Key = tuple[int, str]


class _Block:
    """A run of members."""

    __slots__ = ("ends", "keys", "members")

    def __init__(self, keys: list[Key], ends: list[int], members: list[Contact]) -> None:
        self.keys = keys
        self.ends = ends
        self.members = members


class Timeline:
    """Contacts sorted by (start, id). Times are microseconds."""

    __slots__ = ("_blocks", "_latest", "_lows")

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        #: The lowest key, and the latest end, of each block: most questions need no more of it.
        self._lows: list[Key] = []
        self._latest: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def add(self, start: int, end: int, contact: Contact) -> None:
        key = (start, contact.contact_id)
        if not self._blocks:
            self._blocks.append(_Block([key], [end], [contact]))
            self._lows.append(key)
            self._latest.append(end)
            return
        number = max(0, self._block_of(key))
        block = self._blocks[number]
        at = bisect_left(block.keys, key)
        block.keys.insert(at, key)
        block.ends.insert(at, end)
        block.members.insert(at, contact)
        self._latest[number] = max(self._latest[number], end)
        self._lows[number] = block.keys[0]
        if len(block.keys) > BLOCK:
            self._split(number)

    def remove(self, start: int, contact: Contact) -> None:
        number, at = self._find(start, contact)
        block = self._blocks[number]
        del block.keys[at], block.ends[at], block.members[at]
        if not block.keys:
            del self._blocks[number], self._lows[number], self._latest[number]
            return
        self._latest[number] = max(block.ends)
        self._lows[number] = block.keys[0]

    def set_end(self, start: int, end: int, contact: Contact) -> None:
        number, at = self._find(start, contact)
        block = self._blocks[number]
        former, block.ends[at] = block.ends[at], end
        latest = self._latest[number]
        if end >= latest:
            self._latest[number] = end
        elif former == latest:
            self._latest[number] = max(block.ends)

    def next_start(self, moment: int) -> int:
        """The earliest start later than `moment`; NEVER if there is none."""
        key = (moment + 1, "")
        number = bisect_left(self._lows, key)
        if number:
            keys = self._blocks[number - 1].keys
            if keys[-1] >= key:
                return keys[bisect_left(keys, key)][0]
        return self._lows[number][0] if number < len(self._lows) else NEVER

    def latest_end_before(self, moment: int, besides: Contact | None = None) -> int:
        """The latest end of all that started before `moment`, not at it, one left out."""
        key = (moment, "")
        number = self._block_of(key)
        if number < 0:
            return -NEVER
        block = self._blocks[number]
        within = block.ends[: bisect_left(block.keys, key)]
        whole = self._latest[:number]
        if besides is not None and besides.started_at is not None:
            its_number, at = self._find(besides.started_at, besides)
            its_block = self._blocks[its_number]
            # It may not be here, or not in that place.
            if its_block.members[at : at + 1] == [besides]:
                if its_number < number:
                    others = its_block.ends[:at] + its_block.ends[at + 1 :]
                    whole[its_number] = max(others, default=-NEVER)
                elif its_number == number:
                    del within[at : at + 1]
        if whole:
            within.append(max(whole))
        return max(within, default=-NEVER)

    def has_at(self, moment: int, besides: Contact) -> bool:
        """Whether another one than `besides` started at `moment`."""
        for start, _, contact in self.after(moment - 1):
            if start != moment:
                return False
            if contact is not besides:
                return True
        return False

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
        left = _Block(block.keys[:cut], block.ends[:cut], block.members[:cut])
        self._blocks[number : number + 1] = left, right
        self._lows.insert(number + 1, right.keys[0])
        self._latest[number : number + 1] = max(left.ends), max(right.ends)
