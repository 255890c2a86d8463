"""The form in which a partition's state is kept in its changelog.

| key | value |
|---|---|
| `[customer_id, contact_id]` | the :class:`Contact`; a tombstone once it has left the state |
| `[customer_id, contact_id, "left"]` | what stays of one that has left, for others' sake |
| `[customer_id]` | the :class:`Account` of a customer |
| `"together/N"` | a part of records, with their keys, that count only all at once; see below |
| `"labels/G/N"` | part N of generation G of the label values that have a series of their own |
| `"retired/G/N"` | part N of generation G of what the counters hold of contacts that have left |
| `"definitions/G/N"` | part N of generation G of the definitions that counters count by |
| `"clock"` | the partition's clock, the generations that are valid, what must be there |

Records of one flush are written in an order that makes every prefix consistent: labels, contacts,
the parts of new generations, the clock, records from which parts have left, tombstones. Without
its clock, a new generation does not count, and the contacts in it are there as they last were;
with it they are left out even where their tombstones are missing. Before the first flush stands a
clock at which there was nothing yet: a log without any has lost it. A take-over under changed
settings is a flush of its own, before whatever comes of the first events.

What a counter has of a contact can depend on the contacts beside it. Where one of these changes
after it was final, one of their records without the others would be counted for what it never was:
therefore they are written as one, in as many parts as brokers ask for, before each has its own
record. They count once the last part is there. The parts get their tombstones at the end.

Of all these records, those larger than brokers take are in pieces: :mod:`service.store.pieces`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import msgspec

from service.aggregates.clock import BEFORE_ALL
from service.aggregates.labels import Label
from service.definitions import Definitions
from service.state.account import Account
from service.state.record import Contact, Outcome
from service.store.in_force import decode_definitions, encode_definitions
from service.store.retention import Terms

CLOCK = b"\xa5clock"
_UPDATES = b"contact_updated"
_LABELS, _DEFINITIONS, _RETIRED = "labels", "definitions", "retired"
#: Where the first release kept the label values of each dimension.
_FIRST_LABELS = b"\xa6labels"
#: Label values in a part: of the longest ones half of :data:`PART_BYTES`.
LABELS_AT_ONCE = 1_000
_LEFT = "left"
#: How the keys of accounts begin: as arrays of one.
ACCOUNT = b"\x91"
#: Those of contacts: as arrays of two or, where they have left, of three.
CONTACT, LEFT_CONTACT = b"\x92", b"\x93"
CONTACTS = (CONTACT, LEFT_CONTACT)
#: How the keys of records that count all at once begin: `together/` and eight digits.
TOGETHER = b"\xb1together/"
#: Bytes of a part of a generation, compressed: well below the broker's default of 1 MB a record.
PART_BYTES = 500_000

#: Key and value of a record; None: a tombstone.
Change = tuple[bytes, bytes | None]
#: Name, weight and total.
Amounts = list[tuple[tuple[str, ...], int, int]]
#: Totals are written as so many times this, and the rest: they outgrow the integers of msgpack.
HALF = 1 << 32
#: What a packed value may hold: above all that a partition ever keeps in one, below what it takes
#: to bring a worker down.
_UNPACKED_BYTES = 128 * 1024 * 1024


#: What says more, or later, is damaged: looking for so many parts, or going so far, never ends.
_MOST_PARTS = 10_000
_YEAR_2200 = 7_258_118_400_000_000
_Parts = Annotated[int, msgspec.Meta(ge=0, le=_MOST_PARTS)]
_Labels = Annotated[int, msgspec.Meta(ge=0, le=_MOST_PARTS * LABELS_AT_ONCE)]
_Time = Annotated[int, msgspec.Meta(ge=BEFORE_ALL, le=_YEAR_2200)]


class Clock(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A partition's clock and topic readings, and what they cover."""

    now: _Time
    readings: dict[str, _Time]
    #: Contacts whose time had come by then, under the terms of that time, are in `retired`.
    retired_until: int
    retired_terms: Terms
    generation: int
    parts: _Parts
    #: So many records of contacts must be found beside this one. None: written by a release that
    #: did not say.
    contacts: int | None = None
    #: The generation of the definitions and labels in force. No parts: of a release that did not
    #: keep them, or from before anything was counted.
    in_force: int = 0
    definitions_parts: _Parts = 0
    #: Event times (microseconds) after which the state lacks no contact, and no repeat. None:
    #: written by a release that did not say.
    whole_since: int | None = None
    repeats_since: int | None = None
    #: How many label values are in the generation in force.
    labels: _Labels = 0
    #: So many records of accounts must be found beside this one.
    accounts: int = 0


class Together(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One part of records that count only all at once."""

    nth: _Parts
    parts: _Parts
    packed: bytes


_encode = msgspec.msgpack.Encoder().encode
read_contact = msgspec.msgpack.Decoder(Contact).decode
_decode_key = msgspec.msgpack.Decoder(str | tuple[str, ...]).decode
_decode_clock = msgspec.msgpack.Decoder(Clock).decode
_decode_labels = msgspec.msgpack.Decoder(list[Label]).decode
_decode_first_labels = msgspec.msgpack.Decoder(dict[str, list[str]]).decode
_decode_amounts = msgspec.msgpack.Decoder(list[tuple[tuple[str, ...], int, int, int]]).decode
_decode_together = msgspec.msgpack.Decoder(Together).decode
_decode_records = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]]).decode
_decode_contact = msgspec.msgpack.Decoder(Contact).decode
read_account = msgspec.msgpack.Decoder(Account).decode


def contact_key(customer_id: str, contact: Contact) -> bytes:
    if contact.outcome == Outcome.LEFT:
        return _encode((customer_id, contact.contact_id, _LEFT))
    return _encode((customer_id, contact.contact_id))


def account_key(customer_id: str) -> bytes:
    return _encode((customer_id,))


def records_of(changed: Mapping[Contact | Account, str]) -> list[tuple[bytes, bytes]]:
    """The records of contacts and accounts, given the customer of each."""
    keys = [
        contact_key(customer_id, it) if isinstance(it, Contact) else account_key(customer_id)
        for it, customer_id in changed.items()
    ]
    return list(zip(keys, map(_encode, changed), strict=True))


def encode(value: Contact | Clock) -> bytes:
    return _encode(value)


read_key = _decode_key
read_clock = _decode_clock


def write_retired(generation: int, amounts: Amounts) -> list[tuple[bytes, bytes]]:
    """The records of one generation of the retired counters."""
    halved = [(name, weight, *divmod(total, HALF)) for name, weight, total in amounts]
    return _parts(_RETIRED, generation, _encode(halved))


def write_definitions(generation: int, definitions: Definitions) -> list[tuple[bytes, bytes]]:
    """The records of one generation of the definitions in force."""
    return _parts(_DEFINITIONS, generation, encode_definitions(definitions))


def _parts(kind: str, generation: int, value: bytes) -> list[tuple[bytes, bytes]]:
    packed = zlib.compress(value, level=1)
    cuts = range(0, len(packed), PART_BYTES)
    keys = _part_keys(kind, generation, len(cuts))
    return [(key, packed[cut : cut + PART_BYTES]) for key, cut in zip(keys, cuts, strict=True)]


def _part_keys(kind: str, generation: int, parts: int) -> list[bytes]:
    return [_encode(f"{kind}/{generation % 2}/{number}") for number in range(parts)]


def retired_keys(clock: Clock) -> list[bytes]:
    """The keys under which the valid generation of the retired counters is found."""
    return _part_keys(_RETIRED, clock.generation, clock.parts)


def definitions_keys(clock: Clock) -> list[bytes]:
    """The keys under which the definitions in force are found."""
    return _part_keys(_DEFINITIONS, clock.in_force, clock.definitions_parts)


def write_labels(
    generation: int, labels: Sequence[Label], written: int
) -> list[tuple[bytes, bytes]]:
    """Those parts of the label values that have changed since so many of them were written."""
    first, parts = written // LABELS_AT_ONCE, -(-len(labels) // LABELS_AT_ONCE)
    keys = _part_keys(_LABELS, generation, parts)
    return [
        (keys[nth], _encode(labels[nth * LABELS_AT_ONCE : (nth + 1) * LABELS_AT_ONCE]))
        for nth in range(first, parts)
    ]


def labels_keys(clock: Clock) -> list[bytes]:
    """The keys under which the label values in force are found."""
    return _part_keys(_LABELS, clock.in_force, -(-clock.labels // LABELS_AT_ONCE))


def read_labels(parts: Iterable[bytes]) -> list[Label]:
    """There may be some more at the end than the clock says, of a flush that did not come to it."""
    return [label for part in parts for label in _decode_labels(part)]


def read_first_labels(found: Mapping[bytes, bytes]) -> list[Label]:
    """The label values where the first release kept them; none if it did not."""
    values = _decode_first_labels(found[_FIRST_LABELS]) if _FIRST_LABELS in found else {}
    return [Label(name, value) for name, of_name in values.items() for value in of_name]


def read_retired(parts: Iterable[bytes]) -> Amounts:
    packed = b"".join(parts)
    halved = _decode_amounts(_unpack(packed)) if packed else []
    return [(_named(name), weight, high * HALF + low) for name, weight, high, low in halved]


def _named(name: tuple[str, ...]) -> tuple[str, ...]:
    # The first release knew of one cause of revisions only.
    return (*name, "late") if name[0] == "revised" and len(name) == 2 else name


def read_definitions(parts: Iterable[bytes]) -> tuple[Definitions, bool]:
    """The definitions, and whether a release of version 1 wrote them: it knew of no updates."""
    told = _unpack(b"".join(parts))
    return decode_definitions(told), _UPDATES not in told


def together_key(number: int) -> bytes:
    return _encode(f"together/{number % 10**8:08}")


def together_number(key: bytes) -> int:
    return int(key[len(TOGETHER) :])


def write_together(first: int, records: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The parts, numbered from `first`, in which these records are written at once."""
    packed = zlib.compress(_encode(records), level=1)
    cuts = range(0, len(packed), PART_BYTES)
    return [
        (
            together_key(first + nth),
            _encode(Together(nth, len(cuts), packed[start : start + PART_BYTES])),
        )
        for nth, start in enumerate(cuts)
    ]


def read_together(key: bytes, found: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The records of which this is the last part; none where it is not, or another one is missing.

    Of those that are missing the tombstones have begun: then all records are there by themselves.
    """
    last = _decode_together(found[key])
    if last.nth + 1 < last.parts:
        return []
    first = together_number(key) - last.nth
    parts = [found.get(together_key(first + nth)) for nth in range(last.parts)]
    packed = b"".join(_decode_together(part).packed for part in parts if part is not None)
    return [] if None in parts else _decode_records(_unpack(packed))


def _unpack(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    unpacked = stream.decompress(packed, _UNPACKED_BYTES)
    if not stream.eof:
        raise ValueError(f"more than {_UNPACKED_BYTES} bytes are packed, or a part is missing")
    return unpacked


def flaw(key: bytes, value: bytes | None) -> str | None:
    """Why a record cannot be read, in words without its contents; None if it can, by itself."""
    try:
        name = read_key(key)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "its key is none of the state's"
    if value is None:
        return None
    try:
        if isinstance(name, tuple):
            (read_account if len(name) == 1 else _decode_contact)(value)
        elif key == _FIRST_LABELS:
            _decode_first_labels(value)
        elif name.startswith(f"{_LABELS}/"):
            _decode_labels(value)
        elif key == CLOCK:
            read_clock(value)
        elif key.startswith(TOGETHER):
            together_number(key)
            _decode_together(value)
    except (ValueError, RecursionError) as error:
        return f"its value cannot be read: {error}"
    return None
