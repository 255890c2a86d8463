from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import aiohttp
import pytest
import trustme

from service.cli.files import UnusableFileError, require_files
from service.exposition.tls import server_context
from service.settings import Settings
from service.settings.http import Http
from tests.exposition.conftest import Serve
from tests.exposition.fakes import FakeSource, snapshot

AUTHORITY = trustme.CA()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Certificate and key."""
    issued = AUTHORITY.issue_cert("localhost")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    return certificate, key


def trusting(version: ssl.TLSVersion, ciphers: str | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(context)
    context.minimum_version = context.maximum_version = version
    # OpenSSL itself would offer nothing so old otherwise, and nothing would be seen of the server.
    context.set_ciphers(f"{ciphers or 'ALL'}:@SECLEVEL=0")
    return context


async def handshake(port: int, context: ssl.SSLContext) -> str:
    """The cipher agreed on."""
    _, writer = await asyncio.open_connection("localhost", port, ssl=context)
    cipher = writer.get_extra_info("cipher")[0]
    writer.close()
    return str(cipher)


async def test_https_is_served_with_the_given_certificate(
    serve: Serve, http: aiohttp.ClientSession, files: tuple[Path, Path]
) -> None:
    server = await serve(FakeSource(snapshot()), tls=server_context(*files))
    url = f"https://localhost:{server.port}/metrics"
    async with http.get(url, ssl=trusting(ssl.TLSVersion.TLSv1_3)) as response:
        assert response.status == 200
        assert "max-age" in response.headers["Strict-Transport-Security"]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
async def test_only_tls_1_2_and_newer_are_spoken(serve: Serve, files: tuple[Path, Path]) -> None:
    server = await serve(FakeSource(snapshot()), tls=server_context(*files))
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(OSError):  # noqa: PT011 - ssl.SSLError, or a reset
            await handshake(server.port, trusting(version))
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert await handshake(server.port, trusting(version))


async def test_no_cipher_is_agreed_on_but_those_with_authenticated_encryption(
    serve: Serve, files: tuple[Path, Path]
) -> None:
    server = await serve(FakeSource(snapshot()), tls=server_context(*files))
    every = {cipher["name"] for cipher in trusting(ssl.TLSVersion.TLSv1_2).get_ciphers()}
    agreed = set()
    for name in sorted(every):
        if name.startswith("TLS_"):
            continue  # of TLS 1.3, which has no others
        try:
            agreed.add(await handshake(server.port, trusting(ssl.TLSVersion.TLSv1_2, name)))
        except OSError:
            continue
    assert agreed
    assert all("GCM" in name or "CHACHA20" in name for name in agreed), agreed
    assert all(name.startswith("ECDHE") for name in agreed), agreed


def unusable(certificate: Path, key: Path | None = None) -> str:
    http = Http(tls_cert_file=certificate, tls_key_file=key)
    with pytest.raises(UnusableFileError) as caught:
        require_files(Settings(http=http), "http")
    return str(caught.value)


def test_a_certificate_or_key_that_cannot_be_used_is_one_clear_message(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    certificate, _ = files
    other = tmp_path / "other.pem"
    AUTHORITY.issue_cert("localhost").private_key_pem.write_to_path(other)
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("not a certificate")
    for told in (
        unusable(tmp_path / "missing.pem"),
        unusable(nonsense),
        unusable(certificate, other),
        unusable(certificate, nonsense),
    ):
        assert "http.tls_" in told
        assert "\n" not in told


def test_a_locked_key_is_refused_and_no_passphrase_is_asked_for(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    from cryptography.hazmat.primitives import serialization as form

    certificate, key = files
    private = form.load_pem_private_key(key.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        private.private_bytes(
            form.Encoding.PEM,
            form.PrivateFormat.PKCS8,
            form.BestAvailableEncryption(b"passphrase"),
        )
    )
    assert "without a passphrase" in unusable(certificate, locked)
