"""What `check` says of the URL at which other workers ask, and the settings that decide it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.cli.advertising import advertised_url
from service.cli.preflight.listening import reachable_by_others
from service.settings import Settings


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000", "http://127.9.9.9:8000", "http://[::1]:80", "https://localhost:1"],
)
def test_a_url_of_this_machine_alone_is_told_with_what_to_mend(url: str) -> None:
    told = reachable_by_others(url)
    assert url in told.what
    assert "http.advertised_url" in told.remedy
    # A single worker needs no other.
    assert told.well
    assert not told.certain


@pytest.mark.parametrize("url", ["http://10.0.0.7:8000", "https://[fd00::7]:1", "http://worker:80"])
def test_a_url_that_others_may_reach_is_told(url: str) -> None:
    told = reachable_by_others(url)
    assert url in told.what
    assert told.well
    assert told.certain


@pytest.mark.parametrize(
    ("http", "url"),
    [
        ({"host": "10.0.0.7"}, "http://10.0.0.7:8000"),
        ({"host": "fd00::7"}, "http://[fd00::7]:8000"),
        ({"host": "10.0.0.7", "tls_cert_file": "a.pem"}, "https://10.0.0.7:8000"),
        ({"advertised_url": "http://worker-7:81"}, "http://worker-7:81"),
        # The broker's address is this machine's: so it is reached from there.
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8000"),
    ],
)
async def test_the_url_is_as_configured_or_where_the_worker_listens(
    http: dict[str, str], url: str
) -> None:
    settings = Settings.model_validate(
        {"http": http, "kafka": {"bootstrap_servers": "127.0.0.1:9092"}}
    )
    assert await advertised_url(settings, 8000) == url


async def test_a_bootstrap_server_that_is_not_known_leaves_the_way_to_the_others() -> None:
    settings = Settings.model_validate(
        {"kafka": {"bootstrap_servers": "kafka.invalid:9092, 127.0.0.1:9092"}}
    )
    assert await advertised_url(settings, 8000) == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("http", "why"),
    [
        ({"peers_ca_file": "ca.pem"}, "tls_cert_file"),
        ({"advertised_url": "http://worker:1", "tls_cert_file": "a.pem"}, "https"),
        ({"advertised_url": "worker:8000"}, "advertised_url"),
        ({"advertised_url": "ftp://worker"}, "advertised_url"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(http: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Settings.model_validate({"http": http})
