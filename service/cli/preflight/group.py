"""Whether the group can be joined as configured, found out without joining it."""

from __future__ import annotations

import asyncio
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    InconsistentGroupProtocolError,
    InvalidSessionTimeoutError,
    KafkaError,
    NotCoordinatorForGroupError,
    UnknownMemberIdError,
    for_code,
)
from aiokafka.protocol.group import JoinGroupRequest

from service.cli.preflight.finding import Finding
from service.streaming.config import KafkaConfig
from service.streaming.group import PROTOCOL

#: The group has no such member: the request is judged, and then refused for that.
_NOBODY: Final = "contact-metrics-check"
_BOUNDS: Final = ("group.min.session.timeout.ms", "group.max.session.timeout.ms")
_PASSES: Final = (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)
_TRIES: Final = 20
_RETRY_SECONDS: Final = 0.5


async def may_join(
    admin: AIOKafkaAdminClient, config: KafkaConfig, protocol: str = PROTOCOL
) -> Finding:
    """READ on the group, a session time-out that the broker takes, and a group that is ours.

    `protocol`: by which its members share the partitions.
    """
    group = config.group_id
    error, coordinator = await _lasting_refusal(admin, config, protocol)
    if error is UnknownMemberIdError:
        return Finding(True, f"group {group}: may be joined")
    if error is GroupAuthorizationFailedError:
        return Finding(
            False, f"group {group}: may not be joined", "Allow this user READ on the group."
        )
    if error is InvalidSessionTimeoutError:
        return Finding(
            False,
            f"group {group}: the broker takes no session time-out of {config.session_timeout:g} s",
            f"Set kafka.session_timeout {await _allowed(admin, coordinator)}.",
        )
    if error is InconsistentGroupProtocolError:
        return Finding(
            False,
            f"group {group}: consumers of another kind are in it",
            "Choose a group of its own for contact-metrics.",
        )
    if issubclass(error, _PASSES):
        return Finding(
            True,
            f"group {group}: whether it may be joined is not told ({error.__name__})",
            "Ask again in a minute.",
            certain=False,
        )
    return Finding(
        False,
        f"group {group}: cannot be joined ({error.__name__}: {error.description})",
        "Choose another kafka.group, or look into the broker's log.",
    )


async def _lasting_refusal(
    admin: AIOKafkaAdminClient, config: KafkaConfig, protocol: str
) -> tuple[type[KafkaError], int]:
    for _ in range(_TRIES):
        error, coordinator = await _refusal(admin, config, protocol)
        if not issubclass(error, _PASSES):
            return error, coordinator
        await asyncio.sleep(_RETRY_SECONDS)
    return await _refusal(admin, config, protocol)


async def _refusal(
    admin: AIOKafkaAdminClient, config: KafkaConfig, protocol: str
) -> tuple[type[KafkaError], int]:
    """Why the group refuses a member that it does not have, and who said so."""
    try:
        coordinator = await admin.find_coordinator(config.group_id)
    except KafkaError as error:
        return type(error), -1
    request = JoinGroupRequest(
        group=config.group_id,
        session_timeout=int(1000 * config.session_timeout),
        rebalance_timeout=int(1000 * config.rebalance_timeout),
        member_id=_NOBODY,
        group_instance_id=None,
        protocol_type="consumer",
        group_protocols=[(protocol, b"")],
    )
    answer = await admin._send_request_to_node(coordinator, request)  # noqa: SLF001 - no public way
    return for_code(answer.error_code), coordinator


async def _allowed(admin: AIOKafkaAdminClient, coordinator: int) -> str:
    """The broker's bounds; their names where this user may not see them."""
    asked = ConfigResource(ConfigResourceType.BROKER, coordinator, dict.fromkeys(_BOUNDS, ""))
    responses = await admin.describe_configs([asked])
    bounds = {
        name: value
        for response in responses
        for _code, _message, _type, _node, entries in response.resources
        for name, value, *_ in entries
    }
    if not bounds.keys() >= set(_BOUNDS):
        return f"within the broker's {' and '.join(_BOUNDS)}"
    low, high = (int(bounds[name]) / 1000 for name in _BOUNDS)
    return f'from "{low:g}s" to "{high:g}s"'
