"""`contact-metrics health` asks the process of the same configuration, by its port and scheme."""

from __future__ import annotations

import asyncio
from pathlib import Path

import trustme

from service.exposition.tls import server_context
from tests.cli.program import run
from tests.exposition.fakes import FakeSource
from tests.exposition.serving import serving


async def _asked(folder: Path, text: str) -> tuple[int, str]:
    """Exit code, and what was said, by this configuration."""
    config = folder / "my.toml"
    config.write_text(f"[http]\n{text}\n", "utf-8")
    code, output, errors = await asyncio.to_thread(
        run, "health", "--config", str(config), cwd=folder
    )
    return code, output + errors


async def test_a_process_that_lives_is_well_by_the_port_of_its_toml(tmp_path: Path) -> None:
    async with serving(FakeSource()) as server:
        for host in ("0.0.0.0", "127.0.0.1", "localhost"):
            assert await _asked(tmp_path, f"host = '{host}'\nport = {server.port}") == (0, "")


async def test_one_that_serves_https_is_asked_by_https(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("metrics.example")
    chain = tmp_path / "chain.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(chain)
    async with serving(FakeSource(), tls=server_context(chain, None)) as server:
        text = f"port = {server.port}\ntls_cert_file = '{chain}'"
        assert await _asked(tmp_path, text) == (0, "")
        # Asked by another scheme, it gives no answer.
        code, said = await _asked(tmp_path, f"port = {server.port}")
        assert code == 1
        assert "does not answer as it should" in said


async def test_one_that_is_not_there_is_not_well_and_is_named(tmp_path: Path) -> None:
    async with serving(FakeSource()) as server:
        port = server.port
    code, said = await _asked(tmp_path, f"port = {port}")
    assert code == 1
    assert f"http://127.0.0.1:{port}/healthz does not answer as it should" in said


async def test_a_port_that_nobody_knows_is_no_question(tmp_path: Path) -> None:
    assert await _asked(tmp_path, "port = 0") == (
        1,
        "http.port is 0, any free one: name a port to ask\n",
    )
