from __future__ import annotations

import ssl
from pathlib import Path

import aiohttp
import pytest
import trustme
from aiohttp import encode_basic_auth

from service.exposition.protection import Credentials, TlsError, server_tls
from tests.exposition.conftest import Serve
from tests.exposition.fakes import FakeSource, snapshot

CREDENTIALS = Credentials("prometheus", "pass:word ü")
GUARDED = ["/metrics", "/", "/api/summary", "/page/main.js", "/nothing"]


@pytest.fixture
async def guarded(serve: Serve) -> str:
    server = await serve(FakeSource(snapshot()), credentials=CREDENTIALS)
    return f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("path", GUARDED)
async def test_without_a_password_nothing_is_told(
    guarded: str, http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(guarded + path) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Basic realm=")
        assert "cx_" not in await response.text()


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("prometheus", "wrong"),
        ("other", "pass:word ü"),
        ("prometheus", ""),
        ("prometheus", "pass:word ü "),
    ],
)
async def test_a_wrong_name_or_password_is_refused(
    guarded: str, http: aiohttp.ClientSession, user: str, password: str
) -> None:
    wrong = {"Authorization": encode_basic_auth(user, password, encoding="utf-8")}
    async with http.get(f"{guarded}/metrics", headers=wrong) as response:
        assert response.status == 401


@pytest.mark.parametrize("given", ["Basic", "Basic ====", "Bearer x", "Basic bm9jb2xvbg=="])
async def test_a_malformed_authorization_is_refused(
    guarded: str, http: aiohttp.ClientSession, given: str
) -> None:
    async with http.get(f"{guarded}/metrics", headers={"Authorization": given}) as response:
        assert response.status == 401


async def test_the_right_password_opens_everything(
    guarded: str, http: aiohttp.ClientSession
) -> None:
    given = encode_basic_auth(CREDENTIALS.user, CREDENTIALS.password, encoding="utf-8")
    right = {"Authorization": given}
    for path in ("/metrics", "/", "/api/summary", "/page/main.js"):
        async with http.get(guarded + path, headers=right) as response:
            assert response.status == 200, path


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_an_orchestrator_needs_no_password(
    guarded: str, http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(guarded + path) as response:
        assert response.status == 200


def test_the_password_is_not_in_what_is_logged_of_it() -> None:
    assert "pass:word" not in repr(CREDENTIALS)


async def test_https_is_served_with_the_given_certificate(
    serve: Serve, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    server = await serve(FakeSource(snapshot()), tls=server_tls(certificate, key))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    url = f"https://localhost:{server.port}/metrics"
    async with http.get(url, ssl=trusting) as response:
        assert response.status == 200
        assert "max-age" in response.headers["Strict-Transport-Security"]


def test_a_missing_certificate_is_one_clear_message(tmp_path: Path) -> None:
    with pytest.raises(TlsError, match=r"Cannot serve HTTPS with .*missing\.pem"):
        server_tls(tmp_path / "missing.pem", None)


def test_a_certificate_that_is_none_is_one_clear_message(tmp_path: Path) -> None:
    path = tmp_path / "cert.pem"
    path.write_text("not a certificate")
    with pytest.raises(TlsError, match=r"cert\.pem"):
        server_tls(path, None)
