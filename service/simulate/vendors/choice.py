"""Which systems the simulated centre can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from service.simulate.vendors.amazon_connect import AmazonConnect
from service.simulate.vendors.foreign import Vendor
from service.simulate.vendors.twilio import Twilio
from service.simulate.vendors.zendesk import Zendesk

#: By the name that a user gives.
VENDORS: Final[Mapping[str, Callable[[], Vendor]]] = MappingProxyType(
    {"amazon-connect": AmazonConnect, "twilio": Twilio, "zendesk": Zendesk}
)
