"""What brokers answer instead: whether it passes by itself, and if not, how to mend it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog
from aiokafka import errors
from aiokafka.errors import KafkaError

from service.streaming.errors import StreamError

if TYPE_CHECKING:
    from service.streaming.config import KafkaConfig

log = structlog.get_logger(__name__)

#: Beside those that aiokafka calls retriable. Kafka's own client tries again after each of them.
_PASSING: Final = (
    errors.KafkaTimeoutError,
    errors.BrokerNotAvailableError,
    errors.ReplicaNotAvailableError,
    errors.ListenerNotFound,
    errors.ConcurrentTransactions,
    # Also every code that aiokafka has no name for.
    errors.UnknownError,
)


class _Remedy(NamedTuple):
    """What to do after these errors; `{config}` is the KafkaConfig."""

    kinds: tuple[type[KafkaError], ...]
    words: str


_REMEDIES: Final = (
    _Remedy(
        (errors.InvalidSessionTimeoutError,),
        "kafka.session_timeout ({config.session_timeout:g} s) is outside of what the broker"
        " allows: choose one between its group.min.session.timeout.ms and"
        " group.max.session.timeout.ms (6 s to 30 min, unless they were changed)",
    ),
    _Remedy(
        (errors.GroupAuthorizationFailedError,),
        "Allow this user READ on the group {config.group_id!r}",
    ),
    _Remedy(
        (errors.TopicAuthorizationFailedError,),
        "Allow this user READ on the event topics, READ and WRITE on {config.written_and_read},"
        " and WRITE on {config.only_written}",
    ),
    _Remedy(
        (errors.ClusterAuthorizationFailedError,),
        "Allow this user WRITE on the topics that it writes and, before Kafka 3.0, IDEMPOTENT_WRITE"
        " on the cluster",
    ),
    _Remedy(
        (errors.InconsistentGroupProtocolError,),
        "Another program is in the group {config.group_id!r}: choose another kafka.group",
    ),
    _Remedy((errors.InvalidGroupIdError,), "Choose another kafka.group"),
    _Remedy(
        (
            errors.AuthenticationFailedError,
            errors.AuthenticationMethodNotSupported,
            errors.SaslAuthenticationFailed,
            errors.UnsupportedSaslMechanismError,
            errors.IllegalSaslStateError,
            errors.SecurityDisabled,
        ),
        "Check kafka.sasl_mechanism, and the user and password, or the token",
    ),
    _Remedy(
        (
            errors.MessageSizeTooLargeError,
            errors.RecordListTooLargeError,
            errors.PolicyViolationError,
            errors.InvalidConfigurationError,
        ),
        "Set the limits of the topic (max.message.bytes and the like) as they are by default",
    ),
    _Remedy(
        (errors.InvalidTimestampError,),
        "Records have the time of this host: set its clock by the time service that the brokers"
        " use, or let the topic take them (message.timestamp.after.max.ms and"
        " message.timestamp.before.max.ms)",
    ),
    _Remedy(
        (
            errors.UnsupportedVersionError,
            errors.UnrecognizedBrokerVersion,
            errors.IncompatibleBrokerVersion,
            errors.UnsupportedForMessageFormatError,
        ),
        "Use a broker that speaks Kafka's protocol of version 2.1 or later",
    ),
)
_OTHERWISE: Final = "Mend the cause; the broker's own log may tell more"
_REPEAT_SECONDS: Final = 60.0


def passes(error: KafkaError) -> bool:
    """Whether it makes sense to try again: nobody has to mend anything first."""
    return error.retriable or isinstance(error, _PASSING)


def refused(what: str, error: KafkaError, config: KafkaConfig) -> StreamError:
    """`what` could not be done, and trying again is of no use: why, and how to mend it."""
    remedy = next((it.words for it in _REMEDIES if isinstance(error, it.kinds)), _OTHERWISE)
    return StreamError(f"{what}: {error}. {remedy.format(config=config)}; then start again")


class Waiting:
    """Says what is waited for: after `patience` seconds, then every minute while it lasts."""

    def __init__(self, what: str, patience: float = 0.0) -> None:
        self._what = what
        self._patience = patience
        self._since: float | None = None
        self._tell_at = 0.0

    def goes_on(self, **details: Any) -> None:
        """It still has to be waited for."""
        now = time.monotonic()
        if self._since is None:
            self._since, self._tell_at = now, now + self._patience
        if now >= self._tell_at:
            self._tell_at = now + _REPEAT_SECONDS
            log.warning("waiting", what=self._what, seconds=round(now - self._since), **details)

    def is_over(self) -> None:
        """What was waited for is there."""
        self._since = None
