"""`contact-metrics demo`: everything on one machine, with nothing else installed."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.options import ConfigFile, exit_on, load_or_exit
from service.cli.vendors import VendorName
from service.definitions import DAY

if TYPE_CHECKING:
    from service.embedded_broker import EmbeddedBroker
    from service.settings import Settings
    from service.simulate.plan import Plan
    from service.simulate.publisher import Progress

#: The longest window needs a past, and the FCR of its contacts needs as much again to be settled.
_PAST_DAYS = 15
_USUAL_PORT = 8000
#: How long the embedded broker may take to answer the publisher.
_PATIENCE_SECONDS = 600.0
#: What a centre of a few agents at a time can plan for: the larger, the fewer wait for calls.
_TARGET_OCCUPANCY = 0.75

_SCREEN = """\
contact-metrics demo: a simulated contact centre, measured live on this machine

  live page   {url}/
  metrics     {url}/metrics       (Prometheus)
  summary     {url}/api/summary   (JSON)
  health      {url}/readyz
  broker      {broker}              (embedded, in memory; speaks the Kafka protocol)

  About {rate:.0f} contacts an hour, seed {seed}. The last {days} days are published first,
  then it goes on in real time. Ctrl-C stops everything; nothing is kept.
"""


def demo(
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, show_default=f"{_USUAL_PORT}, or a free one", help="HTTP port."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Interface of the HTTP server.")] = "127.0.0.1",
    rate: Annotated[
        float, typer.Option(min=1, max=1_000_000, help="Contacts an hour, on average.")
    ] = 120,
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed gives the same contact centre.")
    ] = 1,
    vendor: Annotated[
        VendorName | None,
        typer.Option(
            show_default="its own events",
            help="The centre has this system: its records are mapped by the ready-made feeds.",
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Run the service on a simulated contact centre, with a broker of its own."""
    settings = _with_all_there_is(load_or_exit(config), vendor)
    try:
        socket.getaddrinfo(host, None)
    except socket.gaierror:
        raise typer.BadParameter(f"the name {host} is not known", param_hint="'--host'") from None
    if port and not _is_free(host, port):
        raise typer.BadParameter(
            f"port {port} of {host} cannot be had: name another one, or none for a free one",
            param_hint="'--port'",
        )

    from service.cli.files import UnusableFileError
    from service.embedded_broker import EmbeddedBroker, EmbeddedBrokerError
    from service.exposition.http_server import ListenError
    from service.logs import set_up_logging
    from service.simulate.plan import Plan
    from service.simulate.publisher import PublishingError
    from service.streaming.errors import StreamError

    # The screen says what runs; besides it only what is wrong is worth a line.
    quiet = "error" if settings.log.level in {"info", "warning"} else settings.log.level
    set_up_logging(quiet, settings.log.format)
    plan = Plan(
        seed=seed,
        start=time.time_ns() // 1000 - _PAST_DAYS * DAY,
        rate=rate,
        contact_responded=settings.contact_responded,
        contact_updated=settings.contact_updated,
        contact_evaluated=settings.contact_evaluated,
        customer_changed=settings.customer_changed,
        agents=settings.agents and vendor is None,
    )
    with (
        exit_on(EmbeddedBrokerError, StreamError, ListenError, UnusableFileError, PublishingError),
        EmbeddedBroker() as broker,
    ):
        asyncio.run(_run(_for_the_demo(settings, broker, host, port), plan, vendor))


def _with_all_there_is(settings: Settings, vendor: VendorName | None = None) -> Settings:
    """What is off by default, and what a centre has to tell of itself, such as its office hours.

    Whatever the user says of these things goes before it.
    """
    from service.settings.calendars import WEEKDAYS, CalendarTable
    from service.simulate.rhythm import OFFICE_CLOSES, OFFICE_OPENS

    given = settings.model_fields_set
    alerts = settings.alerts
    if "target_occupancy" not in alerts.model_fields_set:
        alerts = alerts.model_copy(update={"target_occupancy": _TARGET_OCCUPANCY})
    shown: dict[str, object] = {
        "contact_responded": True,
        "contact_updated": True,
        "teams": True,
        "calendar_windows": ["today"],
    }
    if vendor is None:
        # Feeds do not tell of evaluations, customers or agents.
        shown |= {"contact_evaluated": True, "customer_changed": True, "agents": True}
    if given.isdisjoint({"calendars", "queue_calendars", "sla"}):
        hours = [f"{OFFICE_OPENS:02}:00-{OFFICE_CLOSES:02}:00"]
        office = {"hours": dict.fromkeys(WEEKDAYS[:5], hours)}
        shown["calendars"] = {"office": CalendarTable.model_validate(office)}
        shown["sla"] = {
            channel: table.model_copy(update={"calendar": "office"})
            if channel in {"email", "social"}
            else table
            for channel, table in settings.sla.items()
        }
    told = {name: value for name, value in shown.items() if name not in given}
    return settings.model_copy(update={**told, "alerts": alerts})


def _for_the_demo(
    settings: Settings, broker: EmbeddedBroker, host: str, port: int | None
) -> Settings:
    """The user's definitions, but the embedded broker, and this machine alone."""
    from service.settings.kafka import Kafka

    return settings.model_copy(
        update={
            "kafka": Kafka.model_validate(
                {
                    "bootstrap_servers": [broker.bootstrap],
                    "create_topics": True,
                    "partitions": 4,
                    "replication_factor": 1,
                    # The embedded broker waits half of it for members that do not come.
                    "rebalance_timeout": "4s",
                    "session_timeout": "10s",
                }
            ),
            "http": settings.http.model_copy(
                update={"host": host, "port": _usual_port(host) if port is None else port}
            ),
        }
    )


def _usual_port(host: str) -> int:
    return _USUAL_PORT if _is_free(host, _USUAL_PORT) else 0


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


async def _run(settings: Settings, plan: Plan, vendor_name: VendorName | None) -> None:
    from service.cli.deadline import Deadline
    from service.cli.serving import StoppedEarlyError, serving, stop_on_signals, until_stopped
    from service.cli.vendors import mapping, vendor_of
    from service.cli.wiring import kafka_config
    from service.simulate.pacing import Pacing
    from service.simulate.publisher import publish

    config = kafka_config(settings)
    vendor = vendor_of(vendor_name)
    deadline = Deadline()
    stop = stop_on_signals(deadline)
    with suppress(StoppedEarlyError):
        async with (
            serving(settings, stop, deadline) as (stream, server),
            mapping(settings, vendor, stop),
        ):
            scheme = "http" if settings.http.tls_cert_file is None else "https"
            typer.echo(
                _SCREEN.format(
                    url=f"{scheme}://{settings.http.host}:{server.port}",
                    broker=config.bootstrap,
                    rate=plan.rate,
                    seed=plan.seed,
                    days=_PAST_DAYS,
                )
            )
            if vendor is not None:
                foreign = ", ".join(vendor.topics)
                typer.echo(
                    f"  Its records are in {foreign}; ready-made feeds make events of them.\n"
                )
            topics = dict(config.event_topics)
            # Nobody else can be asked: a broker on a machine that is short of time is waited for.
            connection = replace(config, request_timeout=_PATIENCE_SECONDS).client_settings()
            publisher = asyncio.create_task(
                publish(plan, Pacing(), connection, topics, _show, vendor)
            )
            publisher.add_done_callback(lambda _: stop.set())
            try:
                await until_stopped(stream, stop)
            finally:
                publisher.cancel()
                await asyncio.wait({publisher})
            if not publisher.cancelled():
                publisher.result()
    typer.echo("\nStopped.")


def _show(progress: Progress) -> None:
    """One line that changes in place; only on a terminal, so that a log stays short."""
    if sys.stdout.isatty():
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(progress.at / 1e6))
        state = "live" if progress.live else "catching up"
        typer.echo(f"\r  {progress.published:,} events published, now {at} ({state})  ", nl=False)
