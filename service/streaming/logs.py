"""Faust, mode and aiokafka talk a lot; only what an operator can act on is passed on."""

from __future__ import annotations

import logging
from typing import Final

#: For our subclasses of Faust's services: Faust would log their life cycle under our names.
service_logger: Final = logging.getLogger("faust.contact_metrics")

_LEVELS: Final = {
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "aiokafka": logging.ERROR,
    # A rebalance, which is no error, is reported as one.
    "aiokafka.consumer.group_coordinator": logging.CRITICAL,
    # What it reports comes to us as an exception too, and is told in our own words.
    "aiokafka.producer.sender": logging.CRITICAL,
}


def tame_libraries() -> None:
    """Set the levels of the libraries' loggers."""
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
