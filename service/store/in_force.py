"""Under which definitions, and with which labels, a partition's counters have counted.

They are kept with the state: what was final under them stays counted, whatever a successor's
settings say of it (:mod:`service.partition.settings_changed`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from service.aggregates.labels import Label, Labels
from service.definitions import Definitions


class InForce(NamedTuple):
    """The definitions, and the label values that got a place, in that order."""

    definitions: Definitions
    values: Sequence[Label]
    #: Whether the rules were still those of version 1 (:mod:`service.store.first_rules`).
    by_first_rules: bool = False

    def labels(self) -> Labels:
        """The labels that contacts had."""
        labels = Labels(self.definitions.max_label_values, self.definitions.allowed_labels)
        labels.admit(self.values)
        return labels


# Mappings of definitions are read-only views.
encode_definitions = msgspec.msgpack.Encoder(enc_hook=dict).encode
#: Fields that are not known here are left out; those that are missing have their defaults.
decode_definitions = msgspec.msgpack.Decoder(Definitions).decode
