"""Faults against real workers on Apache Kafka, while events go on: no number may differ.

One field for all of them: what a fault leaves behind is there when the next one strikes.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.brokers.apache_kafka import ApacheKafka
from tests.chaos import endings, faults, hostility
from tests.chaos.centre import ID_PATTERN
from tests.chaos.field import Field, field
from tests.ports import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

_PROXIES = [free_port() for _ in range(3)]
#: Of kills, until one is seen to have come at the worst moment.
_ROUNDS = 6


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    with ApacheKafka(tmp_path_factory.mktemp("kafka"), proxy_ports=_PROXIES) as broker:
        yield broker


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    kafka: ApacheKafka, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Field]:
    directory = tmp_path_factory.mktemp("workers")
    async with field(kafka, directory, "faults", proxy_ports=_PROXIES) as it:
        yield it


@pytest_asyncio.fixture(loop_scope="module")
async def it(running: Field) -> Field:
    """The field with all its workers ready."""
    await running.calm()
    return running


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


async def test_workers_killed_at_random_moments(it: Field, rng: random.Random) -> None:
    for _ in range(_ROUNDS):
        before = it.consumed_again
        await faults.kill_at_random(it, rng)
        await it.compare()
        # What a worker counted after its last scrape goes with it: it is more than this.
        if it.consumed_again > before:
            return
    pytest.fail("no kill came between a changelog write and its commit")


async def test_a_worker_killed_while_it_restores(it: Field, rng: random.Random) -> None:
    await faults.kill_while_restoring(it, rng)
    await it.compare()


async def test_a_worker_killed_while_the_group_rebalances(it: Field, rng: random.Random) -> None:
    await faults.kill_while_rebalancing(it, rng)
    await it.compare()


async def test_workers_joining_and_leaving(it: Field, rng: random.Random) -> None:
    await faults.come_and_go(it, rng)
    await it.compare()


async def test_a_worker_stopped_while_nothing_can_be_written_ends_and_loses_nothing(
    it: Field, rng: random.Random
) -> None:
    await endings.stop_while_nothing_is_written(it, rng)
    await it.compare()


async def test_a_stranger_on_the_changelog_is_refused_and_nobody_notices(
    it: Field, rng: random.Random
) -> None:
    await endings.start_a_stranger(it, rng)
    await it.compare()


async def test_transactions_that_are_aborted(it: Field, rng: random.Random) -> None:
    await hostility.abort_transactions(it, rng)
    await it.compare()


async def test_records_that_cannot_be_read_between_events(it: Field, rng: random.Random) -> None:
    await hostility.send_what_cannot_be_read(it, rng)
    await it.compare()
    await it.until_all_refused_have_letters()


async def test_a_broker_killed_and_started_again(it: Field, rng: random.Random) -> None:
    await faults.kill_broker(it, rng)
    await it.compare()


async def test_a_broker_that_is_silent_for_a_while(it: Field, rng: random.Random) -> None:
    await faults.freeze_broker(it, rng)
    await it.compare()


async def test_a_paused_worker_does_not_overwrite_its_successors_state(
    it: Field, rng: random.Random
) -> None:
    await faults.pause_worker(it, rng)
    await it.compare()


async def test_a_worker_cut_off_from_the_broker_is_not_counted_beside_its_successor(
    it: Field, rng: random.Random
) -> None:
    await faults.isolate_worker(it, rng)
    await it.compare()


async def test_hosts_whose_clocks_are_wrong_for_a_while(it: Field, rng: random.Random) -> None:
    await faults.set_clock(it, rng, 400 * 86_400, seconds=15)
    for ahead in (50 * 60, -50 * 60):
        await faults.set_clock(it, rng, ahead, seconds=4)
    await it.compare()


async def test_a_changelog_that_takes_no_record_for_a_while(it: Field, rng: random.Random) -> None:
    await faults.refuse_changelog_for_a_while(it, rng)
    await it.compare()


async def test_a_changelog_that_refuses_ends_the_worker_and_loses_nothing(
    it: Field, rng: random.Random
) -> None:
    await faults.refuse_changelog_for_good(it, rng)
    await it.compare()


async def test_a_dead_letter_topic_that_fails_for_a_while(it: Field, rng: random.Random) -> None:
    await faults.refuse_dead_letters_for_a_while(it, rng)
    await it.compare()
    await it.until_all_refused_have_letters()


async def test_a_slow_dead_letter_topic(it: Field, rng: random.Random) -> None:
    await faults.slow_dead_letters(it, rng)
    await it.compare()
    await it.until_all_refused_have_letters()


async def test_a_dead_letter_topic_that_takes_no_letter(it: Field, rng: random.Random) -> None:
    await faults.too_small_dead_letters(it, rng)
    await it.compare()


async def test_no_word_of_the_service_names_a_customer_or_a_contact(it: Field) -> None:
    """After all of the above, with every log line and every kind of bad event in it."""
    await it.compare()
    told = await it.emitted()
    assert any("refuses records" in text for text in told.values())
    for where, text in told.items():
        named = re.findall(rf".{{0,80}}(?:{ID_PATTERN}).{{0,80}}", text)
        assert not named, f"{where}: {named[:3]}"
