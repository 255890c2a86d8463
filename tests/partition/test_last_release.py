"""A changelog that the last release wrote is gone on with: what it had shown, and counted, stays.

The records and the page beside it were made by that release itself (0.1.0, before contacts could be
updated): it was fed five hours of a log of `tests.reference.long_logs` as they came in, under the
settings below, so that many contacts had left; then late corrections of what was final. What is
kept is what a broker keeps of it, key and value a line in base64, and the series that were not 0.
"""

from __future__ import annotations

import gzip
import random
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.store.first_rules import MayDiffer
from tests.partition.running import DURABLE, Record, Run, fallen
from tests.partition.test_settings_changed import OTHERS, in_the_middle, revised
from tests.reference.compare import differences
from tests.reference.settings import HOUR, MINUTE, ReferenceSettings, micro

if TYPE_CHECKING:
    from prometheus_client.samples import Sample

    from service.state.customers import Customer
    from tests.reference.page import Page

DATA: Final = Path(__file__).parent / "data"
SETTINGS: Final = ReferenceSettings(
    windows={"30m": (30 * MINUTE, 5 * MINUTE)},
    repeat_windows={"5m": 5 * MINUTE, "20m": 20 * MINUTE},
    sla={"voice": (20, 600), "email": (600, 1200), "default": (200, None)},
    sla_priority={("voice", "high"): (10, None)},
    open_horizon=60 * MINUTE,
    contact_responded=True,
    first_response_buckets=(60, 600),
    resolution_buckets=(300, 1200),
    backlog_age_buckets=(300, 900),
    max_label_values=2,
)


def changelog() -> list[Record]:
    lines = gzip.decompress((DATA / "release-0.1.0.changelog.gz").read_bytes()).splitlines()
    parts = (line.partition(b" ") for line in lines)
    return [(b64decode(key), b64decode(value) if value else None) for key, _, value in parts]


def shown() -> Page:
    text = (DATA / "release-0.1.0.prom").read_text("utf-8")
    return {
        (sample.name, frozenset(_of_today(sample).items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _of_today(sample: Sample) -> dict[str, str]:
    """It knew of one cause of revisions alone."""
    of_causes = sample.name == "cx_revised_total"
    return {**sample.labels, "cause": "late"} if of_causes else sample.labels


#: Version 2 defines it otherwise: a contact that was closed when its response was due is no miss.
DEFINED_OTHERWISE: Final = (
    'cx_window_sla_contacts{channel="email",queue="north",result="breached",'
    'target="first_response",window="30m"}: expected 1.0, got 0.0'
)
#: What that release did not tell.
NEW: Final = ("cx_window_survey_index_", "cx_pipeline_waiting_parts")


def test_every_number_goes_on_where_the_last_release_left_it() -> None:
    """Gauges but for what version 2 defines otherwise; counters all, as revisions by it tell."""
    page = Run(SETTINGS, changelog()).page()
    its = {
        series: value
        for series, value in page.items()
        if not series[0].startswith(NEW) and ("cause", "settings") not in series[1]
    }
    assert differences(shown(), its, DURABLE) == [DEFINED_OTHERWISE]
    assert fallen(shown(), page) == []
    assert revised(page, "settings").keys() == {"fcr", "repeat"}


def test_a_take_over_from_the_last_release_may_be_broken_off_anywhere() -> None:
    run = Run(SETTINGS, changelog())
    in_the_middle(run, run, random.Random(0))
    told = run.page()
    for hours in (1, 24):
        run.feed([], run.engine.clock + micro(hours * HOUR))
        assert fallen(told, run.page()) == []
        assert differences(run.page(), run.successor().page(), DURABLE) == []
        told = run.page()
    assert run.engine.live_contacts == 0


@pytest.mark.parametrize("name", [*OTHERS, "more labels"])
def test_the_first_take_over_may_be_under_other_settings(name: str) -> None:
    """What was in force is not told: it is taken to be what is, but by the rules of version 1."""
    run = Run(
        replace(SETTINGS, **{"more labels": {"max_label_values": 100}, **OTHERS}[name]), changelog()
    )
    assert differences(run.page(), run.successor().page(), DURABLE) == []


def test_labels_that_have_room_now_leave_counters_what_they_have() -> None:
    run = Run(replace(SETTINGS, max_label_values=100), changelog())
    assert fallen(shown(), run.page()) == []


def test_the_contacts_of_a_customer_are_looked_at_once_however_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once for each of them took minutes where a customer has ten thousands."""
    asked: Counter[str] = Counter()
    several: set[str] = set()
    answer = MayDiffer.__call__

    def note(may_differ: MayDiffer, customer: Customer) -> bool:
        asked[customer.id] += 1
        if len(customer) > 1:
            several.add(customer.id)
        return answer(may_differ, customer)

    monkeypatch.setattr(MayDiffer, "__call__", note)
    Run(SETTINGS, changelog()).page()
    assert several
    assert set(asked.values()) == {1}
