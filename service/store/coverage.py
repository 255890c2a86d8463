"""From when on windows are complete: a longer one than before lacks what has left the state."""

from __future__ import annotations

from service.aggregates.clock import BEFORE_ALL
from service.definitions import Definitions
from service.store.changelog import Clock
from service.store.retention import Terms


class Coverage:
    """The event times of which the state lacks nothing. Microseconds."""

    def __init__(self) -> None:
        #: All contacts that have left did so with nothing later than this; it never goes back,
        #: whatever the retention becomes.
        self.whole_since = BEFORE_ALL
        #: Later contacts have all that they may repeat beside them, or its traces.
        self.repeats_since = BEFORE_ALL

    def resume(self, clock: Clock) -> None:
        """Takes up what was known at the clock that was last written."""
        if clock.whole_since is None:
            self.left(clock.retired_until, clock.retired_terms)
        else:
            self.whole_since = clock.whole_since
        self.repeats_since = BEFORE_ALL if clock.repeats_since is None else clock.repeats_since

    def left(self, clock: int, terms: Terms) -> None:
        """Contacts whose time had come by `clock` have left."""
        if clock > BEFORE_ALL:
            self.whole_since = max(self.whole_since, clock - terms.retention)

    def changed(self, former: Definitions, definitions: Definitions) -> None:
        """Others are repeats now than those of which contacts that have left are remembered."""
        longest, before = longest_repeat(definitions), longest_repeat(former)
        if self.whole_since > BEFORE_ALL and (
            longest > before or definitions.repeat_match != former.repeat_match
        ):
            self.repeats_since = max(self.repeats_since, self.whole_since + longest)

    def complete_from(self, length: int) -> int:
        """The clock from which on a window of this length covers nothing that is lacking.

        BEFORE_ALL: it always did.
        """
        since = max(self.whole_since, self.repeats_since)
        return since if since == BEFORE_ALL else since + length


def longest_repeat(definitions: Definitions) -> int:
    return max(window.length for window in definitions.repeat_windows)
