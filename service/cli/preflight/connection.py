"""Whether a broker answers and lets us in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from service.cli.preflight.finding import Finding
from service.streaming.config import KafkaConfig
from service.streaming.diagnosis import advertised, trouble_with


async def reach(config: KafkaConfig, address: str) -> Finding:
    """Connect to one address, with TLS and login as configured."""
    trouble = await trouble_with(config, address)
    if trouble is not None:
        return Finding(False, f"broker {address}: {trouble.what}", trouble.remedy)
    security = config.security
    login = f", logged in with {security.mechanism}" if security.logs_in else ""
    encrypted = ", encrypted" if security.encrypts else ", not encrypted"
    return Finding(True, f"broker {address} answers{encrypted}{login}")


async def reach_all(config: KafkaConfig) -> list[Finding]:
    """Connect to the configured addresses, and to the brokers where they say they are.

    Of the configured ones one is enough, as whoever answers tells of the others; of those that the
    cluster tells, each has partitions that nobody else has.
    """
    configured = config.addresses
    reached = dict(zip(configured, await _reach_each(config, configured), strict=True))
    config.silent.update(it for it, finding in reached.items() if not finding.well)
    if not any(finding.well for finding in reached.values()):
        return list(reached.values())
    told = await advertised(config)
    further = [address for address in told if address not in reached]
    reached.update(zip(further, await _reach_each(config, further), strict=True))
    return [
        finding if finding.well else (_told_in_vain if address in told else _spared)(finding)
        for address, finding in reached.items()
    ]


async def _reach_each(config: KafkaConfig, addresses: Sequence[str]) -> list[Finding]:
    return await asyncio.gather(*(reach(config, address) for address in addresses))


def _told_in_vain(finding: Finding) -> Finding:
    return Finding(
        False,
        f"{finding.what}; the cluster tells this address",
        "See that it can be reached from here, or mend the broker's advertised.listeners.",
    )


def _spared(finding: Finding) -> Finding:
    return Finding(
        True,
        f"{finding.what}; others of kafka.bootstrap_servers answer, and are enough",
        f"{finding.remedy} Without those others nothing could start.",
        borne=True,
    )
