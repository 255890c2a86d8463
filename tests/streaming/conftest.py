"""A test during which this machine stood still shows nothing, and is run again.

The embedded broker lets a new member wait for as long as a session may be silent, so the sessions
of these tests are of two seconds; and a machine that does not get its processors for as long has
lost its partitions, as it should. That is told by a clock beside the test, never by its outcome.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

import pytest

from tests.brokers.fixtures import renew_names

_LOOK_SECONDS: Final = 0.1
#: Between two heartbeats, and a session is over.
_TOO_LONG_SECONDS: Final = 1.0
_TIMES: Final = 4
_BROKERS: Final = {"bootstrap", "own_broker", "own_kafka"}


class _Watch:
    """Whether this process did not run for a while; a context manager."""

    def __init__(self) -> None:
        self.stood_still = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def _look(self) -> None:
        looked = time.monotonic()
        while not self._ended.wait(_LOOK_SECONDS):
            before, looked = looked, time.monotonic()
            self.stood_still |= looked - before > _LOOK_SECONDS + _TOO_LONG_SECONDS

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test on a broker, again where it failed while the machine stood still."""
    if not _BROKERS & pyfuncitem.funcargs.keys():
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    for number in range(_TIMES):
        watch = _Watch()
        try:
            with watch:
                pyfuncitem.obj(**arguments)
        except Exception:
            if number == _TIMES - 1 or not watch.stood_still:
                raise
            _begin_anew(pyfuncitem)
        else:
            break
    return True


def _begin_anew(test: pytest.Function) -> None:
    renew_names()
    match test.funcargs.get("monkeypatch"):
        case pytest.MonkeyPatch() as patched:
            patched.undo()
    match test.funcargs.get("capsys"):
        case pytest.CaptureFixture() as captured:
            captured.readouterr()
