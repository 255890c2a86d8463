"""What an agent is planned for: of each shift and employment the version that stands.

A version that does not stand can come again, as every event can. So the one that stands is held
for as long as any of them reaches into a window: without it, a former one would count again.
"""

from __future__ import annotations

from service.agents.parts import NEVER, Employment, Shift

Plan = Shift | Employment
#: The `shift_id`, or when an employment begins.
Key = str | int


def key_of(plan: Plan, shift_id: str) -> Key:
    """Under which key a plan stands."""
    return shift_id if isinstance(plan, Shift) else plan.begins


class Planning:
    """The plans of one agent by key, and how far the versions of each reach.

    `reach` has the latest end that any version has said, where that is after the end of the one
    that stands.
    """

    __slots__ = ("first_end", "reach", "standing")

    def __init__(self, standing: dict[Key, Plan], reach: dict[Key, int]) -> None:
        self.standing = standing
        self.reach = reach
        #: Before then, none of them need not be held any more.
        self.first_end = NEVER
        self._plan()

    def __bool__(self) -> bool:
        return bool(self.standing)

    def shifts(self) -> dict[str, Shift]:
        """The shifts by `shift_id`."""
        return {str(key): it for key, it in self.standing.items() if isinstance(it, Shift)}

    def employments(self) -> list[Employment]:
        """The employments."""
        return [it for it in self.standing.values() if isinstance(it, Employment)]

    def put(self, key: Key, plan: Plan) -> None:
        """Another version stands from now on."""
        former = self.standing.get(key, plan)
        self.standing[key] = plan
        self.first_end = min(self.first_end, plan.ends)
        self.outrank(key, former.ends)

    def outrank(self, key: Key, ends: int) -> bool:
        """A version with this end does not stand; whether there is more to remember for it."""
        standing = self.standing[key].ends
        known = max(standing, self.reach.pop(key, standing))
        if max(known, ends) > standing:
            self.reach[key] = max(known, ends)
        return ends > known

    def take_out(self, horizon: int) -> list[Plan]:
        """Takes out those of which no version reaches beyond the horizon."""
        if self.first_end > horizon:
            return []
        left = [it for it, plan in self.standing.items() if self._end(it, plan) <= horizon]
        for key in left:
            self.reach.pop(key, None)
        plans = [self.standing.pop(key) for key in left]
        self._plan()
        return plans

    def _end(self, key: Key, plan: Plan) -> int:
        return self.reach.get(key, plan.ends)

    def _plan(self) -> None:
        self.first_end = min((self._end(*it) for it in self.standing.items()), default=NEVER)
