"""Which teams have a label of their own: agreed on with all partitions, or decided alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from service.aggregates.labels import Label, Labels

_TEAM = "team"


class Teams:
    """The places of teams among the labels, as far as they are decided."""

    def __init__(self, labels: Labels, *, agreed: bool) -> None:
        self._labels = labels
        self._agreed = agreed
        self._overflows: Counter[str] = Counter()
        self.label = labels.team.label

    def restore(self, written: Iterable[str], said: Iterable[str]) -> None:
        """Takes up the teams that had a label, then those that agents say, if nobody else does."""
        if not self._agreed:
            self._labels.admit((_TEAM, team) for team in written)
            self._labels.admit(self.undecided(said))

    def displaced(self, written: Iterable[str]) -> list[Label]:
        """Of the teams that had a label those that have lost it to others."""
        return self._labels.displaced(Label(_TEAM, team) for team in written)

    def undecided(self, teams: Iterable[str | None]) -> list[Label]:
        """Those of which it has to be decided whether they have a place."""
        return self._labels.undecided((_TEAM, team) for team in teams)

    def has_decided(self, team: str | None) -> bool:
        """Whether an event of this team can be applied; counts a team that has no place."""
        if team is None:
            return True
        teams = self._labels.team
        if teams.awaits(team):
            if self._agreed:
                return False
            self._labels.admit([(_TEAM, team)])
        elif not teams.has_place(team):
            self._overflows[_TEAM] += 1
        return True

    def admit(self, labels: Iterable[tuple[str, str]]) -> None:
        """Takes the next values of the list of all partitions, in its order."""
        self._labels.admit(labels)

    def overflowed(self) -> Mapping[str, int]:
        """How many teams became `other` since this was last asked, by dimension."""
        overflows, self._overflows = self._overflows, Counter()
        return overflows

    def given(self) -> list[str]:
        """The teams that have a label, in the order in which they got it."""
        return [label.value for label in self._labels.given if label.dimension == _TEAM]
