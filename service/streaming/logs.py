"""Faust, mode and aiokafka talk a lot; only what an operator can act on is passed on."""

from __future__ import annotations

import logging
import time
from typing import Final

#: For our subclasses of Faust's services: Faust would log their life cycle under our names.
service_logger: Final = logging.getLogger("faust.contact_metrics")

_LEVELS: Final = {
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    # It warns of each timer that a slow machine keeps waiting; the lag and delay metrics tell more.
    "mode.timers": logging.ERROR,
    "aiokafka": logging.ERROR,
    # A rebalance, which is no error, is reported as one.
    "aiokafka.consumer.group_coordinator": logging.CRITICAL,
    # What it reports comes to us as an exception too, and is told in our own words.
    "aiokafka.producer.sender": logging.CRITICAL,
}
_REPEAT_SECONDS: Final = 10.0


class Sparing(logging.Filter):
    """Passes a message at once, then its like every ten seconds, with how many there were.

    While a broker is away, every client says so at each of its tries, twenty times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        #: By text before anything is put into it: when one was passed last, and how many since.
        self._passed: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to pass it."""
        text = str(record.msg)
        now = time.monotonic()
        passed_at, since = self._passed.get(text, (-_REPEAT_SECONDS, 0))
        if now - passed_at < _REPEAT_SECONDS:
            self._passed[text] = passed_at, since + 1
            return False
        self._passed[text] = now, 0
        if since:
            record.msg = f"{text} (and {since} more like it)"
        return True


_sparing: Final = Sparing()


def tame_libraries() -> None:
    """Set the levels of the libraries' loggers, and make aiokafka's repeat themselves less.

    None of them says what is less than the root logger's level.
    """
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(max(level, logging.root.level))
    # A filter is asked only by the very logger it was added to.
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "aiokafka":
            logging.getLogger(name).addFilter(_sparing)
