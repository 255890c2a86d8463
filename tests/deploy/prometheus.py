"""A Prometheus that scrapes each second, and evaluates the shipped rules every other one.

A scrape has no more time than lies between two of them, so large pages are scraped less often.
"""

from __future__ import annotations

import json
import re
import urllib.parse
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

from tests.deploy.promtool import RULES
from tests.deploy.servers import started
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

#: Spans that only wait for scrapes every 15 s, in scrapes.
_QUICK = {
    "[1m])[15m:1m]": "[{4}s])[{60}s:{1}s]",
    "[15m:15s]": "[{60}s:{1}s]",
    "[15m]": "[{60}s]",
    "offset 5m": "offset {4}s",
    "[2m]": "[{10}s]",
}


class Prometheus:
    """Its HTTP interface."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **parameters: str) -> Any:
        """The data of an answer."""
        url = f"{self.address}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - loopback
            return json.load(answer)["data"]

    def answer(self, expr: str) -> list[Any]:
        """The series that an expression has now."""
        rows: list[Any] = self.get("/api/v1/query", query=expr)["result"]
        return rows

    def over(self, expr: str, since: float, until: float, step: float) -> list[list[float]]:
        """(time, value) of an expression with one series; those it has."""
        rows = self.get(
            "/api/v1/query_range",
            query=expr,
            start=f"{since:.3f}",
            end=f"{until:.3f}",
            step=f"{step:g}",
        )["result"]
        assert len(rows) <= 1, expr
        return [[at, float(value)] for row in rows for at, value in row["values"]]


def quick(expr: str, pace: int = 1) -> str:
    """A rule's expression, or a page's, for scrapes every `pace` seconds."""
    for usual, here in _QUICK.items():
        spans = re.sub(r"{(\d+)}", lambda scrapes: str(int(scrapes[1]) * pace), here)
        expr = expr.replace(usual, spans)
    return expr


@contextmanager
def recording(folder: Path, *targets: str, every: int = 1, pace: int = 1) -> Iterator[Prometheus]:
    """One that has begun, and scrapes `targets` (host:port); `every`: seconds.

    Its rules are for scrapes every `pace` seconds.
    """
    for path in RULES.glob("*.yml"):
        text = re.sub(r"(?m)^(    interval: ).*$", r"\g<1>2s", path.read_text())
        (folder / path.name).write_text(quick(text, pace))
    config = {
        "global": {"scrape_interval": f"{every}s", "evaluation_interval": "1s"},
        "rule_files": ["*s.yml"],
        "scrape_configs": [
            {"job_name": "contact-metrics", "static_configs": [{"targets": list(targets)}]}
        ],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command: Sequence[str] = [
        *("prometheus", f"--config.file={folder / 'prometheus.yaml'}"),
        *(f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"),
    ]
    with started(command, f"{address}/-/ready", folder):
        yield Prometheus(address)
