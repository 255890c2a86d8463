"""`contact-metrics run`: the service."""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from service.cli.options import ConfigFile, exit_on, load_or_exit

if TYPE_CHECKING:
    from service.settings import Settings

#: For the garbage collector: new objects between two looks at them, and looks before those that
#: survived are looked at again. A fetch alone makes some ten thousand objects, none of which needs
#: a collector to go; with Python's own 700 a fifth of all time went into looking at them.
_COLLECTOR: Final = (100_000, 20, 20)


def run(config: ConfigFile = None) -> None:
    """Consume the events, keep the state, serve the numbers; until SIGTERM or Ctrl-C."""
    settings = load_or_exit(config)

    import uvloop

    from service.cli.files import UnusableFileError
    from service.exposition.http_server import ListenError
    from service.logs import set_up_logging
    from service.streaming.errors import StreamError

    set_up_logging(settings.log.level, settings.log.format)
    # For all loops: the consumer's thread has one of its own.
    uvloop.install()
    gc.freeze()
    gc.set_threshold(*_COLLECTOR)
    with exit_on(StreamError, ListenError, UnusableFileError):
        uvloop.run(_run(settings))


async def _run(settings: Settings) -> None:
    from service.cli.deadline import Deadline
    from service.cli.serving import StoppedEarlyError, serving, stop_on_signals, until_stopped

    deadline = Deadline()
    stop = stop_on_signals(deadline)
    with suppress(StoppedEarlyError):
        async with serving(settings, stop, deadline) as (stream, _):
            await until_stopped(stream, stop)
