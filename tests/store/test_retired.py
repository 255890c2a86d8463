"""Which contacts the retired counters stand for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.state.record import Contact, Extras, Survey
from service.state.update import Update
from service.store.retention import Terms
from service.store.retired import Retired

moments = st.integers(0, 30)
contacts = st.builds(
    Contact,
    contact_id=st.just("c"),
    started_at=st.none() | moments,
    resolved_at=st.none() | moments,
    responded_at=st.none() | moments,
    surveys=st.none() | st.builds(lambda at: {"csat": Survey(at, 4)}, moments),
    extras=st.none()
    | st.builds(
        Extras,
        touched=st.none() | moments,
        lost_until=st.none() | moments,
        updates=st.none() | st.builds(lambda at: [Update(at, 0, 0, None, None, None)], moments),
    ),
)


@given(contact=contacts, silence=st.sampled_from((0, 2)))
def test_a_record_is_of_a_contact_that_has_left_from_the_moment_when_it_would_have(
    contact: Contact, silence: int
) -> None:
    retired = Retired(Terms(10, 6, silence, updates_are_read=True))
    leaves_at = retired.terms.leaves_at(contact)
    retired.until = leaves_at - 1
    assert not retired.covers(contact)
    retired.until = leaves_at
    assert retired.covers(contact)
