"""Apache Kafka as the tests need it: one KRaft node on free loopback ports, quick to start.

The jars come from Maven Central (make test-kafka fetches them). Besides the plain listener there
can be one with TLS and one with SASL over TLS, for the security tests.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from service.embedded_broker import LOOPBACK
from tests.patience import PATIENCE_S
from tests.ports import free_port

JARS = Path(__file__).parents[2] / ".cache" / "kafka" / "libs"
#: Any fixed id will do; the store is new for every test run.
_CLUSTER_ID = "Y29udGFjdC1tZXRyaWNz0w"
#: Then it is killed.
_STOP_SECONDS = 30.0


def kafka_jars_present() -> bool:
    """Whether Apache Kafka can run here at once."""
    return shutil.which("java") is not None and (JARS / ".complete").exists()


@dataclass(frozen=True)
class TlsFiles:
    """PEM files of the broker's listeners with TLS."""

    key_and_chain: Path
    authority: Path


@dataclass(frozen=True)
class SaslUser:
    """The one user of the listener with SASL, for PLAIN and both SCRAM mechanisms.

    With OAUTHBEARER any unsigned token is taken, whoever it names.
    """

    name: str
    password: str


class ApacheKafka:
    """One node, broker and controller at once; a context manager.

    `directory` takes its configuration, log and store, and keeps them over :meth:`restart`.
    With `tls` there is a TLS listener (:attr:`tls_bootstrap`), with `user` too one with SASL over
    TLS (:attr:`sasl_bootstrap`). For each of `proxy_ports` there is a plain one more
    (:attr:`proxied`), of which clients are told that it is at that port. `settings` are added to
    the server's properties.
    """

    def __init__(
        self,
        directory: Path,
        *,
        tls: TlsFiles | None = None,
        user: SaslUser | None = None,
        proxy_ports: Sequence[int] = (),
        settings: dict[str, str] | None = None,
    ) -> None:
        if user is not None and tls is None:
            raise ValueError("SASL is offered over TLS only")
        self._directory = directory
        self._tls = tls
        self._user = user
        #: Name of the listener that is reached through a proxy, to the proxy's port.
        self._proxies = {f"PROXIED{number}": port for number, port in enumerate(proxy_ports)}
        self._settings = settings or {}
        names = ["PLAINTEXT", "CONTROLLER", *(["TLS"] if tls else []), *(["SASL"] if user else [])]
        names += self._proxies
        # The ports stay the same over a restart: that is what makes it one for the clients.
        self._ports = {name: free_port() for name in names}
        self._process: subprocess.Popen[bytes] | None = None
        self.start_seconds = 0.0
        """How long the last start took: what this machine needs for one."""

    @property
    def bootstrap(self) -> str:
        """`host:port` without TLS."""
        return f"{LOOPBACK}:{self._ports['PLAINTEXT']}"

    @property
    def proxied(self) -> list[str]:
        """`host:port` that the proxies at `proxy_ports` pass on to."""
        return [f"{LOOPBACK}:{self._ports[name]}" for name in self._proxies]

    @property
    def tls_bootstrap(self) -> str:
        """`host:port` with TLS; a KeyError without `tls`."""
        return f"localhost:{self._ports['TLS']}"

    @property
    def sasl_bootstrap(self) -> str:
        """`host:port` with SASL over TLS; a KeyError without `user`."""
        return f"localhost:{self._ports['SASL']}"

    @property
    def pid(self) -> int:
        """Process id of the running node, for signals."""
        if self._process is None:
            raise RuntimeError("Apache Kafka is not running")
        return self._process.pid

    def start(self) -> None:
        """Start on the store as it is (formatted when new) and wait until it serves."""
        began = time.monotonic()
        if not (self._directory / "data" / "meta.properties").exists():
            self._format()
        self._process = self._java("kafka.Kafka", str(self._properties()))
        self._wait_until_it_serves(self._process)
        self.start_seconds = time.monotonic() - began

    def kill(self) -> None:
        """SIGKILL: no farewell, no clean end of the log."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """An orderly shutdown (SIGTERM)."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def restart(self) -> None:
        """Stop (if it still runs) and start again, with the same store and ports."""
        self.stop()
        self.start()

    def allow(self, user: str, *rights: str) -> None:
        """Give rights, as AclCommand's arguments name them; needs an authorizer in `settings`."""
        principal = f"User:{user}"
        arguments = ["--add", "--allow-principal", principal, "--bootstrap-server", self.bootstrap]
        process = self._java("org.apache.kafka.tools.AclCommand", *arguments, *rights)
        if process.wait(PATIENCE_S) != 0:
            raise RuntimeError(f"rights could not be given: {self._last_words()}")

    def _format(self) -> None:
        scram = []
        if self._user is not None:
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
                credentials = f"name={self._user.name},password={self._user.password}"
                scram += ["--add-scram", f"{mechanism}=[{credentials}]"]
        arguments = ["format", "--cluster-id", _CLUSTER_ID, "--standalone", *scram]
        config = str(self._properties())
        process = self._java("kafka.tools.StorageTool", *arguments, "--config", config)
        if process.wait(PATIENCE_S) != 0:
            raise RuntimeError(f"Apache Kafka's store could not be formatted: {self._last_words()}")

    def _properties(self) -> Path:
        listeners = {name: f"{name}://localhost:{port}" for name, port in self._ports.items()}
        listeners["PLAINTEXT"] = f"PLAINTEXT://{self.bootstrap}"
        advertised = {name: url for name, url in listeners.items() if name != "CONTROLLER"}
        for name, port in self._proxies.items():
            listeners[name] = f"{name}://{LOOPBACK}:{self._ports[name]}"
            advertised[name] = f"{name}://{LOOPBACK}:{port}"
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"localhost:{self._ports['CONTROLLER']}",
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join(listeners.values()),
            "advertised.listeners": ",".join(advertised.values()),
            "listener.security.protocol.map": ",".join(
                [
                    "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,SASL:SASL_SSL",
                    *(f"{name}:PLAINTEXT" for name in self._proxies),
                ]
            ),
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self._directory / "data"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # A test's fault must not be waited out by the broker's default of minutes; but one that
            # is short of time must not take itself to be gone.
            "group.min.session.timeout.ms": "1000",
            "broker.session.timeout.ms": "6000",
            # A heartbeat is given up after half of it.
            "broker.heartbeat.interval.ms": "1000",
            "log.segment.bytes": str(16 * 1024 * 1024),
            "log.index.size.max.bytes": str(1024 * 1024),
            "log.cleaner.dedupe.buffer.size": str(2 * 1024 * 1024),
            "log.cleaner.threads": "1",
            "num.network.threads": "2",
            "num.io.threads": "2",
            "background.threads": "2",
            "num.recovery.threads.per.data.dir": "1",
            **self._tls_properties(),
            **self._sasl_properties(),
            **self._settings,
        }
        path = self._directory / "server.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
        return path

    def _tls_properties(self) -> dict[str, str]:
        if self._tls is None:
            return {}
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._tls.key_and_chain),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self._tls.authority),
        }

    def _sasl_properties(self) -> dict[str, str]:
        if self._user is None:
            return {}
        modules = "org.apache.kafka.common.security"
        user, password = self._user.name, self._user.password
        scram = f"{modules}.scram.ScramLoginModule required;"
        oauth = f"{modules}.oauthbearer.OAuthBearerLoginModule required;"
        plain = f'{modules}.plain.PlainLoginModule required user_{user}="{password}";'
        return {
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            "listener.name.sasl.oauthbearer.sasl.jaas.config": oauth,
            "listener.name.sasl.plain.sasl.jaas.config": plain,
            "listener.name.sasl.scram-sha-256.sasl.jaas.config": scram,
            "listener.name.sasl.scram-sha-512.sasl.jaas.config": scram,
        }

    def _java(self, main: str, *arguments: str) -> subprocess.Popen[bytes]:
        # Short runs beside the tests on few cores: the first-tier compiler and the serial
        # collector start faster and leave the CPU to the service.
        options = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [
                    "java",
                    *options,
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                    "-cp",
                    f"{JARS}/*",
                    main,
                    *arguments,
                ],
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_until_it_serves(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"Apache Kafka ended at once: {self._last_words()}")
            try:
                self._connect()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.kill()
        raise RuntimeError(f"Apache Kafka did not start: {self._last_words()}")

    def _connect(self) -> None:
        """To each port. Java loads its TLS at the first handshake: longer than clients may wait."""
        host, port = self.bootstrap.split(":")
        socket.create_connection((host, int(port)), timeout=PATIENCE_S).close()
        if self._tls is None:
            return
        context = ssl.create_default_context(cafile=self._tls.authority)
        for name in self._ports.keys() & {"TLS", "SASL"}:
            address = ("localhost", self._ports[name])
            with (
                socket.create_connection(address, timeout=PATIENCE_S) as connection,
                context.wrap_socket(connection, server_hostname="localhost"),
            ):
                pass

    @property
    def _log(self) -> Path:
        return self._directory / "kafka.log"

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

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
