"""File descriptors: as many as this process may have, and how many of them HTTP may take."""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import Final

from service.exposition.http_server import MOST_CONNECTIONS

#: Beyond this no more are of use here.
_ENOUGH: Final = 65_536


def descriptors_for_http() -> int:
    """Raises the limit as far as it may be; the number of connections that leaves the other half
    of the descriptors to Kafka, which has a few to each broker."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Where the system allows less than it says, it stays as it is.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, soft // 2))
