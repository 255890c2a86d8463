"""Labels and their values in the configuration, which count as those of events do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from service.definitions import label_form
from service.settings.lists import decoded

Label = Annotated[str, Field(min_length=1, max_length=64)]
Dimension = Literal["channel", "queue", "reason", "team", "segment"]
LabelName = Literal["channel", "queue", "reason", "priority", "team", "segment"]

AllowedLabels = Annotated[
    dict[Dimension, Annotated[list[Label], NoDecode, BeforeValidator(decoded)]],
    NoDecode,
    BeforeValidator(decoded),
]
QueueCalendars = Annotated[dict[Label, str], NoDecode, BeforeValidator(decoded)]
LowercaseLabels = Annotated[list[LabelName], NoDecode, BeforeValidator(decoded)]
AnonymousCustomers = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=256)]], NoDecode, BeforeValidator(decoded)
]


class LabelForms:
    """The forms in which labels count; `lowercase` names those without capitals."""

    def __init__(self, lowercase: Collection[str]) -> None:
        self._lowercase = frozenset(lowercase)

    def one(self, name: str, label: str) -> str:
        """The form of a label of that name."""
        return label_form(label, lowercase=name in self._lowercase)

    def all(self, name: str, labels: Iterable[str]) -> frozenset[str]:
        """The forms of several."""
        return frozenset(self.one(name, label) for label in labels)
