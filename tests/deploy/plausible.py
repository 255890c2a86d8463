"""A page of /metrics with every series of the contract, moving as a running service's would."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from typing import TYPE_CHECKING

from service.exposition.pipeline import PIPELINE_METRICS
from service.view.catalogue import METRICS, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The values of each label; those of a metric by its name where the same label means another thing.
VALUES: Mapping[str, tuple[str, ...]] = {
    "channel": ("chat", "voice"),
    "queue": ("billing", "support"),
    "team": ("back-office", "front-office"),
    "segment": ("business", "private"),
    "after": ("resolved_first_time", "repeated", "unresolved", "pending", "abandoned", "none"),
    "window": ("5m", "1h", "24h", "7d", "today", "yesterday", "this_week"),
    "reason": ("password", "refund"),
    "repeat_window": ("2h", "24h", "7d"),
    "direction": ("inbound", "outbound"),
    "outcome": ("resolved", "unresolved", "abandoned", "expired", "void"),
    "by": ("customer", "agent", "system"),
    "target": ("first_response", "resolution"),
    "state": ("on_track", "at_risk", "breached"),
    "activity": ("work", "pause"),
    "cx_agents state": ("available", "busy", "wrap_up", "paused", "offline"),
    "cx_agent_seconds state": ("available", "busy", "wrap_up", "paused", "offline"),
    "survey": ("csat", "nps", "ces"),
    "aspect": ("overall", "access", "resolution", "treatment"),
    "score": ("1", "3", "5", "7", "10"),
    "answer": ("yes", "no"),
    "severity": ("fatal", "nonfatal"),
    "le": ("20.0", "300.0", "3600.0", "+Inf"),
    "fact": ("contacts_closed", "fcr"),
    "cause": ("late", "reopened", "settings"),
    "kind": ("negative_duration",),
    "type": ("contact-resolved", "survey-answered"),
    "dimension": ("queue",),
    "topic": ("contact-started", "contact-resolved", "survey-answered", "agent-state-changed"),
    "group": ("contacts", "agents"),
    "partition": ("0", "1"),
    "version": ("0.1.0",),
    "digest": ("1f2e",),
    "cx_sla_contacts result": ("met", "breached", "abandoned", "short_abandoned"),
    "cx_team_fcr_contacts result": ("resolved_first_time", "repeated", "unresolved", "pending"),
    "cx_fcr_contacts result": ("resolved_first_time", "repeated", "unresolved", "pending"),
    "cx_evaluations result": ("fatal", "nonfatal", "clean"),
    "cx_pipeline_events result": ("accepted", "duplicate", "too_late", "invalid"),
    "cx_pipeline_dead_letters reason": ("not_json",),
}


def page(now: float) -> str:
    """Counters have counted since 1000 seconds before `now`; gauges stand."""
    lines = []
    for metric in (*METRICS, *PIPELINE_METRICS):
        lines.append(f"# TYPE {metric.name} {metric.type}")
        for sample, labels in metric.samples.items():
            for number, values in enumerate(product(*(_values(metric, name) for name in labels))):
                told = ",".join(f'{n}="{v}"' for n, v in zip(labels, values, strict=True))
                lines.append(f"{sample}{{{told}}} {_value(metric, labels, values, number, now)}")
    return "\n".join(lines) + "\n"


def _values(metric: Metric, label: str) -> tuple[str, ...]:
    plain = metric.name.replace("cx_window_", "cx_").removesuffix("_total")
    return VALUES.get(f"{plain} {label}") or VALUES[label]


def _value(
    metric: Metric, labels: tuple[str, ...], values: tuple[str, ...], number: int, now: float
) -> float:
    if metric.name == "cx_pipeline_clock_timestamp_seconds":
        return now - 2
    if metric.name == "cx_build_info":
        return 1
    size = 10 + number % 7
    if metric.name == "cx_customers":
        # No more leave than there are.
        size *= 10
    if "le" in labels:
        size *= 1 + VALUES["le"].index(values[labels.index("le")])
    return size if metric.type == "gauge" else size * (1000 + now % 100_000)


@contextmanager
def serving() -> Iterator[str]:
    """host:port of a server of that page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page(time.time()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
