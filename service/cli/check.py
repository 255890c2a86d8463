"""`contact-metrics check`: is everything there that `run` needs?"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.check_feeds import check_feeds
from service.cli.options import FAILED, ConfigFile, FeedsFile, exit_on, load_or_exit
from service.settings import Settings

if TYPE_CHECKING:
    from service.cli.preflight import Finding


def check(
    config: ConfigFile = None,
    feeds: FeedsFile = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Records as for map --in: shows what the feeds make of them, and asks no broker.",
        ),
    ] = None,
) -> None:
    """Check the configuration, the broker, its topics and the rights on them; feeds on samples."""
    settings = load_or_exit(config, feeds)
    if samples is not None:
        check_feeds(settings, samples)
        return
    _check_broker(settings)


def _check_broker(settings: Settings) -> None:
    from aiokafka.errors import KafkaError

    from service.cli.files import UnusableFileError
    from service.streaming.errors import StreamError

    typer.echo("ok      the configuration is valid")
    # What went wrong is said below, in words; the client's own log would say it twice.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with exit_on(StreamError, UnusableFileError, KafkaError):
        findings = asyncio.run(_report(settings))
    if not all(finding.well for finding in findings):
        typer.echo("Something is wrong: see above.", err=True)
        raise typer.Exit(FAILED)
    if any(finding.borne for finding in findings):
        typer.echo("Not all is well, see above, but contact-metrics run can start.")
    else:
        typer.echo("All is well: contact-metrics run can start.")


async def _report(settings: Settings) -> list[Finding]:
    from service.cli.advertising import advertised_url
    from service.cli.files import require_files
    from service.cli.mapping import stage_config
    from service.cli.preflight import (
        Finding,
        examine_registry,
        inspect,
        may_listen,
        reachable_by_others,
    )
    from service.cli.wiring import kafka_config, registry_config
    from service.settings.feed_groups import feed_mapper
    from service.store.settings_told import told

    http, receive = settings.http, settings.receive
    findings = [
        await may_listen("http", http.host, http.port),
        reachable_by_others(await advertised_url(settings, http.port)),
    ]
    for finding in findings:
        _show(finding)
    if receive.webhooks:
        findings.append(await may_listen("receive", receive.host, receive.port))
        _show(findings[-1])
    # Nothing further can be asked without them; what was found by now is said all the same.
    require_files(settings, "kafka", "http", "receive", "registry")
    topics = sorted({webhook.topic for webhook in receive.webhooks.values()})
    mapper = feed_mapper(settings)
    async for finding in inspect(
        kafka_config(settings),
        told(settings.definitions()),
        topics,
        stage_config(settings, mapper) if mapper.topics else None,
        settings.unread_topics(),
    ):
        _show(finding)
        findings.append(finding)
    registry = registry_config(settings)
    if registry is not None:
        findings.append(await examine_registry(registry))
        _show(findings[-1])
    elif mapper.of_avro:
        names = ", ".join(mapper.of_avro)
        findings.append(
            Finding(False, f"feeds: no registry for Avro: {names}", "Set registry.url.")
        )
        _show(findings[-1])
    return findings


def _show(finding: Finding) -> None:
    typer.echo(f"{finding.verdict:<7} {finding.what}")
    if finding.remedy:
        typer.echo(f"        -> {finding.remedy}")
