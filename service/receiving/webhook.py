"""One webhook: where a vendor sends to, how its requests are proved, where they go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.receiving.proof import Proof, Sent

RecordHeaders = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """`path` is what the vendor calls, `topic` where its requests are published."""

    name: str
    path: str
    topic: str
    proof: Proof
    #: Names, in lower case, of the request's headers that the record keeps.
    kept_headers: tuple[str, ...] = ()
    #: Whether a sender without a proof is to be asked for a name and a password.
    asks_for_login: bool = False

    def record_headers(self, sent: Sent) -> RecordHeaders:
        """Those of the kept ones that it has."""
        found = ((name, sent.header(name)) for name in self.kept_headers)
        return [
            (name, value.encode(errors="surrogateescape"))
            for name, value in found
            if value is not None
        ]
