"""What map needs of the broker and the registry is found by check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tests.brokers.topics import create_topic
from tests.cli.program import run
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.broker

CONFIG = """
[kafka]
bootstrap_servers = "{bootstrap}"
create_topics = {create}
[topics]
contact_started = "{started}"
contact_responded = "{responded}"
dead_letters = "{letters}"
[http]
port = 0
[registry]
url = "http://127.0.0.1:{nobody}"
[feeds.ticket-answered]
topic = "{tickets}"
emit = "contact-responded"
contact_id = "id"
customer_id = "who"
responded_at = "at"
"""


async def test_check_tells_what_map_lacks(
    bootstrap: str, unique: Callable[[str], str], tmp_path: Path
) -> None:
    names = {name: unique(name) for name in ("started", "responded", "letters", "tickets")}
    file = tmp_path / "contact-metrics.toml"
    shared = {**names, "bootstrap": bootstrap, "nobody": free_port()}
    file.write_text(CONFIG.format(create="false", **shared))
    code, said, _ = run("check", cwd=tmp_path)
    assert code == 1
    assert f"WRONG   feeds: missing topics: {names['responded']}, {names['letters']}" in said
    assert f"UNSURE  feeds: they make events for {names['responded']}, which run does not" in said
    assert "-> Set contact_responded = true" in said
    assert f"UNSURE  feeds: not there: {names['tickets']}" in said
    assert "WRONG   schema registry: http://127.0.0.1:" in said

    await create_topic(bootstrap, names["tickets"])
    file.write_text(CONFIG.format(create="true", **shared))
    _, said, _ = run("check", cwd=tmp_path)
    assert f"map will create: {names['responded']}, {names['letters']}" in said
    assert "not there: " not in said

    avro = CONFIG.replace("[registry]\n", "").replace('url = "http://127.0.0.1:{nobody}"\n', "")
    file.write_text(avro.format(create="true", **shared) + 'format = "avro"\n')
    code, said, _ = run("check", cwd=tmp_path)
    assert code == 1
    assert "WRONG   feeds: no registry for Avro: ticket-answered" in said


async def test_check_creates_nothing(
    bootstrap: str, unique: Callable[[str], str], tmp_path: Path
) -> None:
    names = {name: unique(name) for name in ("started", "responded", "letters", "tickets")}
    file = tmp_path / "contact-metrics.toml"
    shared = {**names, "bootstrap": bootstrap, "nobody": free_port()}
    hook = f'[receive.webhooks.desk]\ntopic = "{names["tickets"]}"\nsignature = "none"\n'
    file.write_text(CONFIG.format(create="true", **shared) + hook)
    _, said, _ = run("check", cwd=tmp_path)
    assert f"receive will create: {names['tickets']}" in said
    assert f"map will create: {names['responded']}, {names['letters']}" in said

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        assert not set(names.values()) & set(await admin.list_topics())
    finally:
        await admin.close()
