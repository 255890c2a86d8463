"""Names of labels in the configuration, which count as those of events do."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from service.definitions import label_form


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
