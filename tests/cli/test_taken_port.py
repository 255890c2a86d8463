"""A port that is taken is told before anything else is begun: nobody waits for a rebalance."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.ports import free_port

_FEED = """
[feeds.calls]
topic = "calls"
emit = "contact-started"
contact_id = "id"
customer_id = "id"
started_at = "at"
channel = "`voice`"
"""


@pytest.mark.parametrize(("command", "configuration"), [("run", ""), ("map", _FEED)])
def test_a_taken_port_is_told_though_the_broker_is_away(
    tmp_path: Path, command: str, configuration: str
) -> None:
    (tmp_path / "contact-metrics.toml").write_text(configuration)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, errors = run(
            command,
            cwd=tmp_path,
            settings={
                "KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
                "HTTP__HOST": "127.0.0.1",
                "HTTP__PORT": str(port),
            },
        )
    assert code == 1
    assert f"Cannot serve HTTP on 127.0.0.1:{port}: Address already in use." in errors
    assert "broker" not in errors
