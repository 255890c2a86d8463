"""Which of two different events for the same part of a record stands."""

from __future__ import annotations

import msgspec

Rank = tuple[tuple[bool, object], ...]


def rank(part: msgspec.Struct) -> Rank:
    """Of the greatest rank is the part of the highest version, then the latest.

    At equal times the further fields are compared in the order in which the classes have them;
    absent is less than any value.
    """
    fields = list(msgspec.structs.astuple(part))
    version = fields.pop(part.__struct_fields__.index("version"))
    return ((True, version), *((field is not None, field) for field in fields))
