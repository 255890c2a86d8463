"""The measure of pages itself: it finds what is wrong, and nothing where nothing is."""

from __future__ import annotations

import copy
from typing import Any

from tests.chaos.configuration import PARTITIONS
from tests.chaos.pages import clocks, is_whole, totals_of, totals_shown, untold, wrong_totals
from tests.chaos.test_truth import END, LINES, SETTINGS
from tests.reference.page import page


def shown(missing: int = 0) -> Any:
    """A page with the first partition's contacts, without the last `missing` partitions."""
    told = PARTITIONS - missing
    windows: dict[str, Any] = {name: {"started": {}, "closed": {}} for name in SETTINGS.windows}
    summary: dict[str, Any] = {"total": {"backlog": {"contacts": 0}, "windows": windows}}
    for (what, *of), count in totals_of(page(LINES, END, SETTINGS)).items():
        if what == "open":
            summary["total"]["backlog"]["contacts"] = count
        else:
            windows[of[0]][what][of[1]] = count
    summary["stream"] = {"ready": True, "partitions": told}
    summary["group"] = {
        "partitions": PARTITIONS,
        "clocks": {str(number): END / 1e6 for number in range(told)},
        "missing": list(range(told, PARTITIONS)),
        "silent": [],
    }
    return summary


def test_a_right_page_is_right_and_shows_something() -> None:
    told = shown()
    assert sum(totals_shown(told).values()) > 50
    assert is_whole(told)
    assert not untold(told)
    assert clocks(told)[0] == END
    assert not wrong_totals({0: LINES}, [told], SETTINGS)


def test_a_page_that_says_what_is_missing_is_right_but_not_whole() -> None:
    assert not is_whole(shown(missing=2))
    assert not untold(shown(missing=2))


def test_each_wrong_total_is_found() -> None:
    right = shown()
    wrong = []
    for what, *of in totals_shown(right):
        told = copy.deepcopy(right)
        if what == "open":
            told["total"]["backlog"]["contacts"] += 1
        else:
            told["total"]["windows"][of[0]][what][of[1]] += 1
        wrong.append(told)
    assert len(wrong_totals({0: LINES}, [right, *wrong], SETTINGS)) == len(wrong) > 4


def test_a_partition_that_is_silently_left_out_or_added_twice_is_found() -> None:
    left_out, twice, both = shown(), shown(), shown(missing=1)
    del left_out["group"]["clocks"]["3"]
    twice["stream"]["partitions"] += 1
    both["group"]["missing"].append(0)
    for told in (left_out, twice, both):
        assert untold(told)


def test_a_page_that_knows_of_no_partition_is_right_only_where_it_is_not_ready() -> None:
    told = shown(missing=PARTITIONS)
    told["group"] |= {"partitions": 0, "missing": []}
    assert untold(told)
    told["stream"]["ready"] = False
    assert not untold(told)
    assert not is_whole(told)
