"""What counters have counted they keep; gauges are right at once; each change is counted."""

from __future__ import annotations

from typing import Any, Final

from tests.partition.running import COUNTERS, GAUGES, Run, events_of, expected_at
from tests.reference.compare import differences
from tests.reference.events import time
from tests.reference.settings import ReferenceSettings
from tests.rules.notation import answered, evaluated, moment, reopened, resolved, started

ONE: Final[dict[str, Any]] = {
    "windows": {"24h": (86_400, 900)},
    "repeat_windows": {"2h": 7200},
}
SETTINGS: Final = ReferenceSettings(**ONE)
LIVELY: Final = ReferenceSettings(**ONE, contact_updated=True)
JUDGED: Final[dict[str, Any]] = {
    "contact_updated": True,
    "contact_evaluated": True,
    "open_horizon": 3600,
}


class Log:
    """Tells events, each batch at a clock of its own, and checks what holds after each."""

    def __init__(self, settings: ReferenceSettings = SETTINGS) -> None:
        self._settings = settings
        self.run = Run(settings)
        self.lines: list[bytes] = []

    def tell(self, clock: str, *lines: bytes) -> None:
        self.lines += lines
        self.run.feed(events_of(lines, self._settings), time(moment(clock)))
        # after a restart all is the same: from here on with a successor
        page, self.run = self.run.page(), self.run.successor()
        assert differences(page, self.run.page(), ("cx_",)) == []
        expected = expected_at(self.lines, self.run.engine.clock, self._settings)
        assert differences(expected, page, GAUGES) == []

    @property
    def revised(self) -> dict[str, float]:
        """Late ones, by fact."""
        return self.revised_for("late")

    def revised_for(self, cause: str) -> dict[str, float]:
        page = self.run.page().items()
        return {
            dict(labels)["fact"]: count
            for (name, labels), count in page
            if name == "cx_revised_total" and count and dict(labels)["cause"] == cause
        }

    def counted(self, name: str, **labels: str) -> float:
        return sum(
            count
            for (sample, its), count in self.run.page().items()
            if sample == name and labels.items() <= dict(its).items()
        )


def test_what_changes_before_it_is_final_is_no_revision() -> None:
    log = Log()
    log.tell("10:00:20", started("c", "10:00"), resolved("c", "10:00:10"))
    log.tell("10:00:35", resolved("c", "10:00:15", outcome="unresolved"))
    log.tell("15:00")
    assert log.revised == {}
    expected = expected_at(log.lines, log.run.engine.clock, SETTINGS)
    assert differences(expected, log.run.page(), COUNTERS) == []


def test_a_final_fact_that_changes_stays_counted_as_it_was() -> None:
    log = Log()
    log.tell("11:00", started("c", "10:00"), resolved("c", "10:01"))
    log.tell("11:00", resolved("c", "10:02", outcome="unresolved"))
    assert log.counted("cx_contacts_closed_total", outcome="resolved") == 1
    assert log.counted("cx_contacts_closed_total", outcome="unresolved") == 0
    assert log.counted("cx_resolution_seconds_count") == 1
    assert log.counted("cx_resolution_seconds_sum") == 60
    assert log.revised == {"contacts_closed": 1, "resolution": 1, "sla": 1}


def test_every_further_change_is_counted_once() -> None:
    log = Log()
    log.tell("11:00", answered("c", "10:00", "csat", 1))
    for second, score in enumerate((2, 3, 4)):
        log.tell("11:00", answered("c", f"10:00:0{second + 1}", "csat", score))
    assert log.revised == {"survey": 3}
    assert log.counted("cx_survey_answers_total", score="1") == 1
    assert log.counted("cx_survey_answers_total") == 1


def test_what_is_amended_back_stays_counted_once() -> None:
    log = Log()
    log.tell("11:00", started("c", "10:00"), resolved("c", "10:01"))
    log.tell("11:00", resolved("c", "10:02", outcome="abandoned"))
    log.tell("11:00", resolved("c", "10:03"))
    log.tell("20:00")
    assert log.counted("cx_contacts_closed_total") == 1
    assert log.counted("cx_resolution_seconds_sum") == 60
    # taken away, and told anew at another time
    assert log.revised["resolution"] == 2


def test_a_fact_known_only_after_it_was_final_is_counted_at_once_and_is_no_revision() -> None:
    log = Log()
    log.tell("12:30", started("c", "10:00"), answered("other", "12:30", "csat", 5))
    log.tell("12:30", resolved("c", "10:01"))
    assert log.counted("cx_contacts_closed_total", outcome="resolved") == 1
    assert log.counted("cx_fcr_contacts_total", result="resolved_first_time") == 1
    assert log.revised == {}


def test_a_late_repeat_revises_the_first_contact_resolution_of_the_contact_before() -> None:
    log = Log()
    log.tell("13:00", started("c", "10:00"), resolved("c", "10:01"))
    log.tell("13:00", started("d", "11:00"), resolved("d", "11:01"))
    assert log.counted("cx_fcr_contacts_total", result="resolved_first_time") == 1
    assert log.counted("cx_fcr_contacts_total", result="repeated") == 0
    assert log.counted("cx_repeat_contacts_total") == 1
    assert log.revised == {"fcr": 1}


def test_several_changes_of_one_batch_are_one_revision() -> None:
    log = Log()
    log.tell("11:00", answered("c", "10:00", "csat", 1))
    log.tell("11:00", *(answered("c", f"10:00:0{score}", "csat", score) for score in (2, 3, 4)))
    assert log.revised == {"survey": 1}


def test_the_clocks_own_doing_is_no_revision() -> None:
    """A pending contact that settles, a target that passes, an open contact that expires."""
    log = Log()
    log.tell("10:00", started("c", "10:00"), started("d", "10:00", channel="email"))
    log.tell("10:01", resolved("c", "10:01"))
    for day in ("05 12:30", "06 10:00", "20 10:00"):
        log.tell(day)
    assert log.revised == {}


def test_a_revised_contact_that_leaves_takes_nothing_with_it() -> None:
    log = Log()
    log.tell("11:00", started("c", "10:00"), resolved("c", "10:01"))
    log.tell("11:00", resolved("c", "10:02", outcome="unresolved"))
    before = {key: count for key, count in log.run.page().items() if key[0].startswith(COUNTERS)}
    log.tell("10 10:00")
    assert log.run.engine.live_contacts == 0
    assert log.revised["contacts_closed"] == 1
    changed = {
        key for key, count in log.run.page().items() if key in before and before[key] != count
    }
    # only the FCR, which was not final yet when the contact changed
    assert {name for name, _ in changed} == {"cx_fcr_contacts_total"}


def test_what_a_reopening_changes_is_no_lateness() -> None:
    log = Log(LIVELY)
    log.tell("11:00", started("c", "10:00"), resolved("c", "10:01"))
    log.tell("11:05", reopened("c", "11:04"))
    # The closing stands; it is not the last one any more, and nothing is resolved.
    assert log.revised_for("reopened") == {"resolution": 1, "sla": 1}
    log.tell("11:30", resolved("c", "11:20"))
    assert log.revised_for("reopened") == {"resolution": 2, "sla": 2}
    assert log.revised == {}
    assert log.counted("cx_resolution_seconds_sum") == 60


def test_a_fact_counted_after_a_reopening_and_corrected_then_was_corrected_late() -> None:
    log = Log(LIVELY)
    log.tell("10:06", started("c", "10:00"), resolved("c", "10:01"), reopened("c", "10:01:10"))
    log.tell("11:00", resolved("c", "10:10"))
    log.tell("11:10", resolved("c", "10:11"))
    assert log.revised_for("reopened") == {}
    assert log.revised == {"contacts_closed": 1, "resolution": 1, "sla": 1}


def test_a_reopening_that_is_told_late_reopens_too() -> None:
    log = Log(LIVELY)
    log.tell("11:00", started("c", "10:00"), resolved("c", "10:01"), resolved("c", "10:05"))
    log.tell("11:05", reopened("c", "10:02"))
    revised = log.revised_for("reopened")
    assert log.revised == {}
    # The later resolution closes what was opened again: nothing but the first closing is new.
    assert revised["contacts_closed"] == 1


def test_an_expiry_under_other_labels_revises_the_evaluations_that_were_counted() -> None:
    log = Log(ReferenceSettings(**ONE, **JUDGED))
    log.tell("10:00", started("c", "10:00", queue="q"), resolved("c", "10:00"))
    log.tell("10:30", evaluated("c", "10:30"), reopened("c", "10:30", queue="p"))
    log.tell("10:40")
    assert log.counted("cx_evaluations_total", queue="q") == 1
    log.tell("11:30")
    assert log.counted("cx_evaluations_total", queue="p") == 0
    assert log.revised == {"evaluation": 1}
    log.tell("12:00", reopened("c", "12:00"), evaluated("c", "10:40", evaluation_id="late"))
    log.tell("13:00")
    # What is known only now is counted where it is now, and expires there again.
    assert log.counted("cx_evaluations_total", queue="p") == 1
    assert log.revised == {"evaluation": 1}
