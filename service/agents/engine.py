"""One partition of agents: events in, true numbers out. Pure, as that of the contacts.

Towards whoever drives it, it is as :class:`service.partition.engine.Engine`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from service.agents import changelog as kept
from service.agents.agent import Agent, Part
from service.agents.counting import Counting
from service.agents.families import Families
from service.agents.painting import Painting
from service.agents.parts import NEVER, StateChange
from service.agents.reading import Reading
from service.agents.teams import Teams
from service.agents.unwritten import Unwritten
from service.agents.wakes import Wakes
from service.agents.windows import Windows
from service.aggregates.clock import BEFORE_ALL, PartitionClock
from service.aggregates.labels import Label, Labels
from service.definitions import Definitions
from service.events.agents import AGENT_STATE_CHANGED, AgentEvent, AgentScheduled
from service.state.rank import rank
from service.store import pieces
from service.store.settings_told import Difference
from service.view.snapshot import Snapshot


class AgentsEngine:
    """The state and the numbers of one partition of agents.

    `labels` and what is said of `agreed_labels` are as with the contacts, of whose partitions the
    teams' places are shared.
    """

    def __init__(
        self,
        definitions: Definitions,
        *,
        agreed_labels: bool = False,
        labels: Labels | None = None,
    ) -> None:
        self._longest = max(window.length for window in definitions.all_windows)
        labels = labels or Labels(definitions.max_label_values, definitions.allowed_labels)
        self._teams = Teams(labels, agreed=agreed_labels)
        self._reading = Reading(definitions.lowercase_labels)
        self._clock = PartitionClock([AGENT_STATE_CHANGED])
        label = self._teams.label
        self._windows = Windows(definitions.all_windows)
        self._painting = Painting(self._windows, label)
        self._counting = Counting(definitions, label)
        names = [window.name for window in definitions.all_windows]
        self._families = Families(self._windows, names, self._counting, label)
        self._agents: dict[str, Agent] = {}
        #: Agents of whom plans have come that are not drawn up yet.
        self._replanned: dict[Agent, None] = {}
        self._wakes = Wakes(self._longest)
        self._live = 0
        self._unwritten = Unwritten(self._clock, self._teams)
        self._found = kept.Found()
        self._pieces = pieces.Pieces()
        self._undecided, self.displaced_labels = list[Label](), list[Label]()
        self._is_restored = False

    @property
    def clock(self) -> int:
        """The partition's clock, microseconds of event time."""
        return self._clock.now

    @property
    def latest(self) -> int:
        """The largest event time seen of those that move the clock."""
        return self._clock.latest

    @property
    def live_contacts(self) -> int:
        """Agents in the state."""
        return self._live

    @property
    def is_empty(self) -> bool:
        """Whether it has seen nothing so far, nor restored anything."""
        return max(self._clock.now, self._clock.latest) == BEFORE_ALL and not self._agents

    def restore(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Takes in records of the changelog, in the order in which they were written."""
        self._found.take_in(self._pieces.whole(records))

    def restored(self) -> None:
        """All of the changelog has been taken in: comes to the numbers that it stands for.

        Raises StateIncompleteError where records are missing.
        """
        self._found.take_in(self._pieces.joined())
        self._found.require_whole()
        self._unwritten.resume(self._found)
        clock = self._found.clock or kept.FIRST
        self._clock.resume(clock.now, {AGENT_STATE_CHANGED: clock.latest})
        self._teams.restore(clock.teams, self._found.teams())
        self.displaced_labels = self._teams.displaced(clock.teams)
        now = self._clock.now
        self._agents = self._found.agents()
        for agent in self._agents.values():
            if agent.gone and (agent.filed or agent.is_replanned or agent.is_forgotten):
                self._unwritten.changed[agent] = None
            self._counting.resume(agent)
            agent.begun = now
            if not agent.gone:
                agent.team = agent.team_at(now)
                self._painting.all_of(agent, 1)
                self._live += 1
            self._wakes.note(agent, now)
        self._painting.done()
        self._windows.advance(now)
        self._is_restored = True
        self._found = kept.Found()

    def changed_settings(self) -> list[Difference]:
        """None: what counters have of agents does not depend on how gauges are made."""
        return []

    def undecided(self) -> list[Label]:
        """The teams of which it has to be agreed whether they have a place, to go on."""
        if self._is_restored:
            return self._undecided
        self._found.take_in(self._pieces.joined())
        return self._teams.undecided(self._found.teams())

    def admit(self, labels: Iterable[tuple[str, str]]) -> None:
        """Takes the next values of the list of all partitions, in its order."""
        self._teams.admit(labels)

    @staticmethod
    def flaw(key: bytes, value: bytes | None) -> str | None:
        """Why a record of the changelog cannot be read by itself; None if it can."""
        return pieces.flaw(key, value, kept.flaw)

    def apply(self, events: Sequence[tuple[AgentEvent, int]]) -> list[str]:
        """Upserts decoded events, each with its event time; tells what became of each.

        Where labels are agreed on, it ends before the first event of which a team is `undecided`.
        """
        self._undecided = []
        results: list[str] = []
        for event, at in events:
            part = self._reading.part_of(event, at)
            if not self._teams.has_decided(part.team):
                rest = (self._reading.part_of(*it) for it in events[len(results) :])
                self._undecided = self._teams.undecided(part.team for part in rest)
                break
            shift_id = event.shift_id if isinstance(event, AgentScheduled) else ""
            results.append(self._apply(event.agent_id, part, shift_id))
            if isinstance(part, StateChange):
                self._clock.seen(AGENT_STATE_CHANGED, part.at)
        # Once, however many plans of an agent came: to draw them up takes as long as all he has.
        for agent in list(self._replanned):
            self._replan(agent)
        return results

    def _apply(self, agent_id: str, part: Part, shift_id: str) -> str:
        clock = self._clock.now
        horizon = clock - self._longest
        agent = self._agents.get(agent_id)
        if (agent or Agent(agent_id)).is_too_late(part, horizon):
            return "too_late"
        if agent is None:
            agent = self._agents[agent_id] = Agent(agent_id)
        elif agent.is_forgotten:
            self._unwritten.changed.pop(agent, None)
            agent = self._agents[agent_id] = agent.anew()
        if isinstance(part, StateChange):
            self._replan(agent)
        # Before anything of it is left out: after a restart it is not counted yet.
        self._counting.settle(agent, self._counting.final_before(clock))
        agent.compact(horizon)
        standing = agent.standing(part, shift_id)
        if standing == part:
            return "duplicate"
        if standing is not None and rank(part) < rank(standing):
            if agent.outrank(part, shift_id):
                self._unwritten.changed[agent] = None
                if agent not in self._replanned:
                    self._wakes.note(agent, clock)
            return "accepted"
        self._put(agent, part, shift_id)
        self._unwritten.changed[agent] = None
        return "accepted"

    def _put(self, agent: Agent, part: Part, shift_id: str) -> None:
        if agent.gone:
            agent.gone = False
            self._live += 1
            self._painting.all_of(agent, 1)
        if isinstance(part, StateChange):
            self._painting.begin(agent, self._clock.now)
            self._put_state(agent, part)
            self._settle_in(agent)
            return
        if agent not in self._replanned:
            self._replanned[agent] = None
            self._painting.begin(agent, self._clock.now)
            self._painting.plans(agent, -1)
        agent.put_plan(part, shift_id)

    def _replan(self, agent: Agent) -> None:
        """Draws up the plans that have come of an agent."""
        if agent in self._replanned:
            del self._replanned[agent]
            agent.replan()
            self._painting.plans(agent, 1)
            self._settle_in(agent)

    def _settle_in(self, agent: Agent) -> None:
        """What an agent adds to the windows has changed."""
        self._move(agent)
        self._painting.done()
        self._wakes.note(agent, self._clock.now)

    def _put_state(self, agent: Agent, part: StateChange) -> None:
        since, until, former = next(agent.in_states(part.at, NEVER), (NEVER, NEVER, None))
        if since > part.at:
            until, former = since, None
        self._painting.states(agent, part.at, until, -1)
        agent.put_state(part)
        self._painting.states(agent, part.at, until, 1)
        self._counting.revise(agent, part, former, self._clock.now)

    def _move(self, agent: Agent) -> None:
        """Moves everything of an agent to the team that he is in now."""
        team = agent.team_at(self._clock.now)
        if team != agent.team:
            self._painting.all_of(agent, -1)
            agent.team = team
            self._painting.all_of(agent, 1)

    def overflowed(self) -> Mapping[str, int]:
        """How many labels became `other` since this was last asked, by dimension."""
        return self._teams.overflowed()

    def caught_up(self, event_type: str, wall_us: int) -> None:
        """That topic held nothing more when the wall clock read `wall_us` (microseconds)."""
        if event_type == AGENT_STATE_CHANGED:
            self._clock.seen(event_type, wall_us)

    def advance(self, at_least: int = BEFORE_ALL) -> None:
        """Moves the clock as far as its topic (or `at_least`) says."""
        clock = self._clock.advance(at_least)
        for agent in self._wakes.due(self._agents, clock):
            self._wake(agent, clock)
        self._windows.advance(clock)

    def _wake(self, agent: Agent, clock: int) -> None:
        horizon = clock - self._longest
        leaves_at = agent.leaves_at(self._longest)
        if agent.gone:
            agent.forget(horizon)
            self._unwritten.changed[agent] = None
        elif leaves_at > clock:
            self._painting.begin(agent, clock)
            self._move(agent)
        else:
            final = self._counting.final_before(min(clock, leaves_at))
            self._counting.settle(agent, final)
            self._painting.all_of(agent, -1)
            agent.leave(horizon)
            self._live -= 1
            self._unwritten.changed[agent] = None
        self._painting.done()
        self._wakes.note(agent, self._clock.now)

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        """The changelog records since the last call, in the order in which to write them."""
        final = self._counting.final_before(self._clock.now)
        for agent in self._unwritten.changed:
            self._counting.settle(agent, final)
        for agent in [agent for agent in self._unwritten.changed if agent.is_forgotten]:
            del self._agents[agent.id]
        return self._pieces.cut(self._unwritten.drawn_up())

    def outcomes(self) -> list[tuple[bytes, bytes]]:
        """None: outcomes are of contacts."""
        return []

    def tell_again(self, outcomes: Sequence[bytes]) -> None:
        """Never: there are none."""

    def snapshot(self) -> Snapshot:
        """All the numbers as of the last `advance`."""
        clock = self._clock.now
        final = self._counting.final_before(clock)
        for agent in self._agents.values():
            self._counting.settle(agent, final)
        families = self._families.at(clock, self._wakes.leavers)
        return Snapshot(clock, self._live, families, group="agents")
