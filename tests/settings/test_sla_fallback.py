"""Which targets judge a contact whose channel says little, or nothing, of its own."""

from __future__ import annotations

from service.definitions import SECOND, Sla, Targets
from service.settings.labels import LabelForms
from service.settings.sla import ChannelTable, TargetTable, sla


def table() -> Sla:
    return sla(
        {
            "voice": ChannelTable(first_response=20),
            "fax": ChannelTable(priority={"high": TargetTable(first_response=5)}),
            "default": ChannelTable(
                first_response=60, priority={"vip": TargetTable(first_response=7)}
            ),
        },
        LabelForms(["channel"]),
    )


def test_a_channel_that_only_names_priorities_is_else_judged_by_the_others_targets() -> None:
    assert table().targets("fax", None) == Targets(60 * SECOND, None)
    assert table().targets("fax", "high") == Targets(5 * SECOND, None)


def test_a_priority_of_the_others_is_one_of_every_channel_without_targets_of_its_own() -> None:
    assert table().targets("letter", "vip") == Targets(7 * SECOND, None)
    assert table().targets("fax", "vip") == Targets(7 * SECOND, None)
    assert table().targets("voice", "vip") == Targets(20 * SECOND, None)


def test_every_set_of_targets_has_its_bounds_among_the_buckets() -> None:
    bounds = {targets.first_response for targets in table().all_targets()}
    assert {20 * SECOND, 5 * SECOND, 7 * SECOND, 60 * SECOND} <= bounds
