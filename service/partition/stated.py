"""How contacts that were updated were last restated."""

from __future__ import annotations

from service.aggregates.tables import Drawn
from service.state.record import Contact

#: Of so many it is known at least, of those that were restated last; at most of twice as many, and
#: of those of two batches.
#: A contact that is packed meanwhile comes back as another one, of which nothing is known here.
LATELY = 2_048


class StatedLately:
    """Spares drawing them up as they stood before a batch, which takes twenty times as long as of a
    contact that was never updated.

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
        """A contact that was updated has been stated so."""
        self._recent[contact] = drawn

    def forget_oldest(self) -> None:
        """Keeps to the bound: once a batch."""
        if len(self._recent) > LATELY:
            self._older, self._recent = self._recent, {}
