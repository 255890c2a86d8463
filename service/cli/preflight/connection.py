"""Whether a broker answers and lets us in."""

from __future__ import annotations

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


async def reach_advertised(config: KafkaConfig) -> list[Finding]:
    """Connect to the cluster's brokers where they say they are, beyond the configured addresses."""
    findings = [await reach(config, address) for address in await advertised(config)]
    return [
        finding
        if finding.well
        else Finding(
            False,
            f"{finding.what}; the cluster tells this address",
            "See that it can be reached from here, or mend the broker's advertised.listeners.",
        )
        for finding in findings
    ]
