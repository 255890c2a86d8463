"""What belongs together of an assignment, where several groups of topics are read."""

from __future__ import annotations

import random

import pytest
from faust.types import TP

from service.streaming.copartitions import Copartition, TopicGroup
from service.streaming.errors import StreamError
from service.streaming.holdings import Holdings
from service.view.snapshot import Group

GROUPS: dict[Group, TopicGroup] = {
    "contacts": TopicGroup("contacts", ("began", "ended"), "contacts-log"),
    "agents": TopicGroup("agents", ("states",), "agents-log"),
}


def assigned(wanted: set[Copartition]) -> set[TP]:
    return {TP(topic, it.number) for it in wanted for topic in GROUPS[it.group].topics}


def any_partitions(rng: random.Random) -> set[Copartition]:
    """Of either group some, whose numbers say nothing of each other."""
    counts: dict[Group, int] = {"contacts": rng.randrange(5), "agents": rng.randrange(9)}
    return {
        Copartition(group, number)
        for group, count in counts.items()
        for number in rng.sample(range(12), count)
    }


@pytest.mark.parametrize("seed", range(50))
def test_each_group_is_assigned_by_itself(seed: int) -> None:
    wanted = any_partitions(random.Random(seed))
    assert Holdings(GROUPS).whole(assigned(wanted)) == wanted


@pytest.mark.parametrize("seed", range(50))
def test_an_assignment_that_divides_a_partition_of_any_group_is_refused(seed: int) -> None:
    rng = random.Random(seed)
    wanted = any_partitions(rng) | {Copartition("contacts", rng.randrange(12))}
    of_contacts = sorted(tp for tp in assigned(wanted) if tp.topic != "states")
    with pytest.raises(StreamError, match="same partition numbers"):
        Holdings(GROUPS).whole(assigned(wanted) - {rng.choice(of_contacts)})
