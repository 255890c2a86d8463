"""The server of a command without a page tells of itself as that of the service does."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families as parse_text

from service.exposition.status_server import StatusServer
from tests.exposition.raw import converse

_METRICS = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def test_requests_that_are_none_are_counted_from_0_on() -> None:
    server = StatusServer("127.0.0.1", 0, (), dict, lambda: (True, {}))
    await server.start()
    try:
        for count in range(3):
            page = (await converse(server.port, _METRICS)).decode().partition("\r\n\r\n")[2]
            told = {it.name: it.value for family in parse_text(page) for it in family.samples}
            assert told["cx_pipeline_malformed_requests_total"] == count
            await converse(server.port, b"\x16\x03\x01\x02\r\n\r\n")
    finally:
        await server.stop()
