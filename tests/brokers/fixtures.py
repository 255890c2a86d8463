"""The broker that the tests marked `broker` run on.

Chosen once a session: any broker named by CONTACT_METRICS_TEST_BOOTSTRAP; Apache Kafka where
CONTACT_METRICS_TEST_KAFKA=1; otherwise the embedded one. Tests share it, so each takes topics of
its own (:func:`unique`).

The embedded broker serves groups of one member well (a new member waits up to 11 s for a killed
one's session); where one member joins while another leaves, it can hand the group to the one that
left, and then nobody is assigned anything. Tests of rebalances therefore are marked `kafka`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from service.embedded_broker import EmbeddedBroker
from tests.brokers.apache_kafka import ApacheKafka, kafka_jars_present
from tests.ports import free_port

ON_APACHE_KAFKA = os.environ.get("CONTACT_METRICS_TEST_KAFKA") == "1"


@pytest.hookimpl(trylast=True)  # after -m has made its choice
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A run for Apache Kafka without it is a failure, not a run of fewer tests."""
    wants_kafka = any(item.get_closest_marker("kafka") for item in items)
    if (wants_kafka or ON_APACHE_KAFKA) and not kafka_jars_present():
        selected = "the tests marked `kafka`" if wants_kafka else "CONTACT_METRICS_TEST_KAFKA=1"
        raise pytest.UsageError(
            f"{selected} need Java and Apache Kafka's jars: run make test-kafka, which fetches them"
        )


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of a running broker."""
    given = os.environ.get("CONTACT_METRICS_TEST_BOOTSTRAP")
    if given:
        yield given
    elif ON_APACHE_KAFKA:
        with ApacheKafka(tmp_path_factory.mktemp("kafka")) as kafka:
            yield kafka.bootstrap
    else:
        with EmbeddedBroker(free_port()) as embedded:
            yield embedded.bootstrap


@pytest.fixture
def own_broker() -> Iterator[EmbeddedBroker]:
    """An embedded broker of this test alone, to stop and start as it likes."""
    with EmbeddedBroker(free_port()) as broker:
        yield broker


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[ApacheKafka]:
    """An Apache Kafka of this test alone, to kill and restart as it likes."""
    with ApacheKafka(tmp_path) as kafka:
        yield kafka


_serial = count(1)
_stem = ""


def renew_names() -> None:
    """From now on `unique` makes others."""
    global _stem  # noqa: PLW0603 - one test is run at a time
    _stem = f"{os.getpid()}-{next(_serial)}"


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Makes names (of topics, of groups) that no other test uses."""
    renew_names()
    return lambda name: f"{name}-{_stem}"
