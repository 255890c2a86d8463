from __future__ import annotations

import aiohttp
import pytest
from aiohttp import encode_basic_auth

from service.exposition.protection import Credentials
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
