"""How open contacts were last restated: nearly each is touched once more at least, when it ends."""

from __future__ import annotations

from service.aggregates.tables import Drawn
from service.kpis.rows import ContactRow
from service.state.record import Contact, Outcome

#: Of so many it is known at least, of those that were restated last, and of twice as many at most.
#: A contact that is packed meanwhile comes back as another one, of which nothing is known here.
LATELY = 2_048

_OUTCOME = ContactRow._fields.index("outcome")


class StatedLately:
    """Spares drawing contacts up as they stood before a batch.

    What is to be taken back is what was stated, and that is here: it need not be found out anew
    from the record and its neighbours.
    """

    def __init__(self) -> None:
        self._recent: dict[Contact, Drawn] = {}
        self._older: dict[Contact, Drawn] = {}

    def take(self, contact: Contact) -> Drawn | None:
        """How a contact was last stated; from then on, that is no longer known here."""
        return self._recent.pop(contact, None) or self._older.pop(contact, None)

    def note(self, contact: Contact, drawn: Drawn) -> None:
        """A contact has been stated so. Of one that has ended no more is expected."""
        if drawn.row[_OUTCOME] == Outcome.OPEN:
            self._recent[contact] = drawn

    def forget_oldest(self) -> None:
        """Keeps to the bound: once a batch."""
        if len(self._recent) > LATELY:
            self._older, self._recent = self._recent, {}
