"""What `backfill` writes, in a real Prometheus: its numbers are those of replays of the past."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from service.definitions import HOUR
from tests.cli.program import run
from tests.deploy.prometheus import Prometheus
from tests.deploy.promtool import RULES
from tests.deploy.servers import started
from tests.past import simulated
from tests.patience import PATIENCE_S
from tests.ports import free_port

pytestmark = pytest.mark.prometheus

_STEP = 300
_INDEX = "all:cx_fcr:ratio_provisional"
Series = dict[tuple[tuple[str, str], ...], float]


@contextmanager
def prometheus(folder: Path) -> Iterator[Prometheus]:
    """One with what lies in folder/data, that scrapes nothing."""
    (folder / "prometheus.yaml").write_text("{}")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        *("prometheus", f"--config.file={folder / 'prometheus.yaml'}"),
        *(f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"),
        "--storage.tsdb.retention.time=100y",
    ]
    with started(command, f"{address}/-/ready", folder):
        yield Prometheus(address)


def promtool(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def series(found: list[dict[str, object]]) -> Series:
    return {
        tuple(sorted(row["metric"].items())): float(row["value"][1])  # type: ignore[attr-defined, index]
        for row in found
    }


def test_the_past_in_prometheus_is_that_of_replays(tmp_path: Path) -> None:
    lines = simulated.lines(duration=5 * HOUR, rate=30)
    (tmp_path / "events.ndjson").write_bytes(b"".join(lines))
    times = [event.at for event in simulated.events(lines)]
    first, last = -(-min(times) // 1_000_000 // _STEP) * _STEP, max(times) // 1_000_000
    moments = random.Random(1).sample(range(first, last, _STEP), 20)

    code, page, errors = run("backfill", "events.ndjson", "--step", "5m", cwd=tmp_path)
    assert code == 0, errors
    (tmp_path / "past.om").write_text(page)
    promtool(tmp_path, "openmetrics", "past.om", "data")
    with prometheus(tmp_path) as server:
        for moment in moments:
            found = series(
                server.get("/api/v1/query", query='{__name__=~"cx_.+"}', time=str(moment))["result"]
            )
            assert shown(found) == expected(lines, moment)
        fallen = server.get(
            "/api/v1/query",
            query=f'resets({{__name__=~"cx_.+_total"}}[{last - first}s]) > 0',
            time=str(last),
        )
        assert fallen["result"] == []

        # Each rule takes a second.
        rules = yaml.safe_load((RULES / "indexes.yml").read_text())
        for group in rules["groups"]:
            group["rules"] = [rule for rule in group["rules"] if rule["record"] == _INDEX]
        rules["groups"] = [group for group in rules["groups"] if group["rules"]]
        (tmp_path / "indexes.yml").write_text(yaml.safe_dump(rules))
        promtool(
            tmp_path,
            *("rules", f"--start={first}", f"--end={last}", f"--url={server.address}"),
            *("--output-dir=data", "--eval-interval=5m", "indexes.yml"),
        )
    with prometheus(tmp_path) as server:
        at = str(moments[0])
        recorded = server.get("/api/v1/query", query=_INDEX, time=at)
        assert recorded["result"]


def shown(found: Series) -> Series:
    """The gauges that are not 0."""
    return {
        labels: value
        for labels, value in found.items()
        if value and dict(labels)["__name__"] in simulated.LABELS
    }


def expected(lines: list[bytes], moment: int) -> Series:
    """Those of a replay of the events up to then."""
    return {
        tuple(
            sorted([*zip(simulated.LABELS[sample], labels, strict=True), ("__name__", sample)])
        ): value
        for (sample, labels), value in simulated.gauges(
            simulated.replayed(lines, moment * 1_000_000)
        ).items()
    }
