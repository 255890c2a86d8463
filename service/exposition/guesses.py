"""Wrong passwords: told, and answered the later the more of them came from an address."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import Final

from service.exposition.sparing import SparingLog

_FIRST_SECONDS: Final = 0.25
_LONGEST_SECONDS: Final = 4.0
#: After this time without any, an address begins anew.
_FORGET_SECONDS: Final = 900.0
_MOST_ADDRESSES: Final = 1_000


class Guesses:
    """The right password is not asked for here: it is never slow, whoever guesses beside it."""

    def __init__(self, log: SparingLog) -> None:
        self._log = log
        #: By network: how many, and when the last one came. The one heard of longest ago is first.
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def seconds_to_wait(self, remote: str | None) -> float:
        """Takes note of a wrong password from there; for how long its answer has to wait."""
        network = _network(remote)
        now = monotonic()
        count, last = self._wrong.pop(network, (0, now))
        count = 1 if now - last > _FORGET_SECONDS else count + 1
        self._wrong[network] = count, now
        if len(self._wrong) > _MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        self._log.warning("a wrong name or password was given", remote=remote, times=count)
        doublings = min(count - 1, 10)
        return min(_LONGEST_SECONDS, _FIRST_SECONDS * float(1 << doublings))


def _network(remote: str | None) -> str:
    """An IPv4 address, or the /64 that one subscriber of IPv6 has for himself."""
    if remote is None:
        return ""
    try:
        address = ip_address(remote.partition("%")[0])
    except ValueError:
        return remote
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else remote
