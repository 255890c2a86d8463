"""The last resort: a process that has begun to end does end, whatever hangs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from service.cli.options import FAILED

#: From the signal, or from the error that ends the service, to the end of the process. Below the
#: 30 s that Kubernetes and Compose wait before they kill.
GRACE_SECONDS: Final = 25.0
_STANDARD_ERROR: Final = 2


class Deadline:
    """Ends the process with exit code 1 when it still runs `grace` seconds after :meth:`begin`.

    In a thread, because what hangs may be the event loop, or the interpreter that waits for other
    threads at its own end.
    """

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        self._grace = grace
        self._reason: BaseException | None = None
        self._thread = threading.Thread(target=self._end, name="deadline", daemon=True)
        self._begun = threading.Lock()

    def begin(self, reason: BaseException | None = None) -> None:
        """The process is about to end, because of `reason` if there is one."""
        self._reason = self._reason or reason
        # Not a look and then a start: a signal can come between the two.
        if self._begun.acquire(blocking=False):
            self._thread.start()

    @contextmanager
    def at_an_error(self) -> Iterator[None]:
        """Begin when what is done in here fails."""
        try:
            yield
        except BaseException as error:
            self.begin(error)
            raise

    def _end(self) -> None:
        time.sleep(self._grace)
        words = [] if self._reason is None else [f"contact-metrics: {self._reason}"]
        words.append(
            f"contact-metrics: not all could be closed within {self._grace:.0f} s, so the process"
            " ends as it is. Nothing is lost: what was not written is consumed again at the next"
            " start"
        )
        # Not through sys.stderr: whoever hangs may hold its lock.
        os.write(_STANDARD_ERROR, ("\n".join(words) + "\n").encode())
        os._exit(FAILED)
