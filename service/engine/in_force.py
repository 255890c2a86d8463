"""Under which definitions, and with which labels, a partition's counters have counted.

They are kept with the state: what was final under them stays counted, whatever a successor's
settings say of it (:mod:`service.engine.settings_changed`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from service.definitions import Definitions
from service.engine.labels import Labels


class InForce(NamedTuple):
    """The definitions, and by dimension the label values that have a series of their own."""

    definitions: Definitions
    values: Mapping[str, Sequence[str]]

    def labels(self) -> Labels:
        """The labels that contacts had."""
        labels = Labels(self.definitions.max_label_values, self.definitions.allowed_labels)
        labels.admit((name, value) for name, values in self.values.items() for value in values)
        return labels


# Mappings of definitions are read-only views.
encode_definitions = msgspec.msgpack.Encoder(enc_hook=dict).encode
#: Fields that are not known here are left out; those that are missing have their defaults.
decode_definitions = msgspec.msgpack.Decoder(Definitions).decode
