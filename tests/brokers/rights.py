"""Rights on Apache Kafka, given one by one, and tokens of users that nobody has to create."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest

_LITERAL = 3
_ALLOW = 3


class On(IntEnum):
    """What a right is for, as the protocol numbers it."""

    TOPIC = 2
    GROUP = 3
    CLUSTER = 4


class Operation(IntEnum):
    """What may be done, as the protocol numbers it."""

    READ = 3
    WRITE = 4
    CREATE = 5
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10


class Right(NamedTuple):
    """One operation on one thing."""

    operation: Operation
    on: On
    name: str


async def allow(bootstrap: str, user: str, rights: Iterable[Right]) -> None:
    """Give the rights; over a listener where whoever asks may."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for right in rights:
            request = CreateAclsRequest(
                right.on, right.name, _LITERAL, f"User:{user}", "*", right.operation, _ALLOW
            )
            answer = await admin._send_to_controller(request)
            assert answer.creation_responses[0][0] == 0, answer
    finally:
        await admin.close()


def unsigned_token(subject: str) -> str:
    """A JSON Web Token without signature, as Kafka takes it where nothing else is configured."""
    now = int(time.time())
    parts = ({"alg": "none"}, {"sub": subject, "iat": now, "exp": now + 600})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join([*(part.rstrip("=") for part in encoded), ""])
