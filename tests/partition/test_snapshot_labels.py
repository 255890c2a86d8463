"""A snapshot's labels are the lists of the one before, grown: whoever reads them keeps places."""

from __future__ import annotations

from service.definitions import Definitions
from service.past.by_time import EventsByTime
from service.past.walk import Walk
from tests.past import simulated


def test_the_labels_of_each_sample_are_one_list_from_snapshot_to_snapshot() -> None:
    lines = simulated.lines()
    times = [event.at for event in simulated.events(lines)]
    definitions = Definitions()
    with EventsByTime() as events:
        events.take(simulated.reader().events(lines))
        moments = sorted([min(times), times[len(times) // 2], max(times)])
        first, *later = (snapshot for (snapshot,) in Walk(definitions).at(moments, events))
    for snapshot in later:
        assert snapshot.families.keys() == first.families.keys()
        anew = [
            name
            for name, family in snapshot.families.items()
            if family.labels is not first.families[name].labels
        ]
        assert anew == []
