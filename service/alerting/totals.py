"""How many final facts came within spans that no window gauge has, from the counters.

A worker's counter is the sum over the partitions it holds. In a rebalance it falls on one worker
and rises by as much on another, so rate() or increase() of one worker's counter counts facts twice.
The sum over the workers is what never falls, save for moments: while a partition moves it is
missing, or counted twice by one scrape; while it is restored it is missing for longer. Such moments
are left out, as far as the clocks tell them. Of what remains the least value within a minute is
taken, and of that the largest within 15 minutes, which bridges what was left out. Without faults
this is the sum itself, at most two minutes late.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.alerting.open_contacts import OLDEST, STANDING
from service.alerting.partitions import COMPLETE, KNOWN, SERVED, when_complete
from service.alerting.promql import added, added_or_nought
from service.alerting.rules import Group, Recording
from service.alerting.waiting_parts import WAITING


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of counters over the workers; 0 while only `whole` has series."""

    name: str
    part: str
    whole: str
    by: tuple[str, ...]

    @property
    def sum_record(self) -> str:
        """What the workers say at this moment."""
        return f"{'_'.join(self.by) or 'all'}:{self.name}:sum"

    @property
    def steady_record(self) -> str:
        """The sum without the traces of rebalances and restarts."""
        return f"{'_'.join(self.by) or 'all'}:{self.name}:steady"

    def rules(self) -> tuple[Recording, Recording]:
        """What keeps the two records."""
        now = (
            added(self.part, self.by)
            if self.part == self.whole
            else added_or_nought(self.part, self.whole, self.by)
        )
        return (
            Recording(self.sum_record, when_complete(now)),
            Recording(self.steady_record, _steady(self.sum_record)),
        )

    def increase(self, span: str) -> str:
        """Facts that became final within `span`.

        What had no series `span` ago was 0 then: nothing of it had happened. But what had one in
        the day before that was what it said last: what settings leave out comes back, when they
        are undone, with all that it had counted. And what was there when Prometheus' history of
        the service began is counted from then on, for of what had come before nothing tells when.
        After the service's state was wiped on purpose there is no value for one span.
        """
        total = self.steady_record
        since_the_beginning = (
            f"count_over_time({total}[{span}])"
            f" >= on () group_left () count_over_time({HISTORY.record}[{span}])"
        )
        return (
            f"{total} - (\n"
            f"  {total} offset {span}\n"
            f"  or last_over_time({total}[1d] offset {span})\n"
            f"  or min_over_time({total}[{span}]) and {since_the_beginning}\n"
            f"  or 0 * {total}\n"
            ") >= 0"
        )


def _steady(record: str) -> str:
    return f"max_over_time(min_over_time({record}[1m])[15m:1m])"


_SLA = "cx_sla_contacts_total"
_JUDGED = _SLA + '{result=~"met|breached"}'
_SLA_BY = ("channel", "target")
SLA_JUDGED = Total("cx_sla_judged_contacts", _JUDGED, _JUDGED, _SLA_BY)
SLA_MISSED = Total("cx_sla_missed_contacts", _SLA + '{result="breached"}', _JUDGED, _SLA_BY)

_FCR = "cx_fcr_contacts_total"
_FCR_BY = ("channel", "repeat_window")
FCR_DECIDED = Total("cx_fcr_decided_contacts", _FCR, _FCR, _FCR_BY)
FCR_RESOLVED = Total(
    "cx_fcr_resolved_contacts", _FCR + '{result="resolved_first_time"}', _FCR, _FCR_BY
)

CLOSED = Total("cx_contacts_closed", "cx_contacts_closed_total", "cx_contacts_closed_total", ())
#: Without the starts: those of contacts found to be void (spam, merged) are taken back, which is no
#: lateness of the events.
REVISED = Total(
    "cx_revised_facts",
    'cx_revised_total{cause="late",fact!="contacts_started"}',
    "cx_contacts_closed_total",
    (),
)

TOTALS = (SLA_JUDGED, SLA_MISSED, FCR_DECIDED, FCR_RESOLVED, CLOSED, REVISED)


#: That there are totals, from the moment on at which the first could have been there.
HISTORY = Recording(
    "all:cx_totals_history:group",
    "\nor ".join(
        f"group({past})"
        for past in (_steady(COMPLETE.record), *(total.steady_record for total in TOTALS))
    ),
)


def totals_group() -> Group:
    """Every total, as often as is scraped: a gap of one scrape must be seen as that."""
    rules = (rule for total in TOTALS for rule in total.rules())
    return Group(
        "contact-metrics-totals",
        "15s",
        (SERVED, KNOWN, COMPLETE, *rules, HISTORY, WAITING, STANDING, OLDEST),
    )
