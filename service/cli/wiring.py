"""From the settings to the values that the rooms take."""

from __future__ import annotations

import ssl

from service.exposition.protection import Credentials
from service.exposition.tls import peers_context, server_context
from service.settings import Settings
from service.settings.http import Http
from service.settings.kafka import Kafka
from service.settings.receive import Receive
from service.streaming.config import KafkaConfig, TopicCreation
from service.streaming.registry.config import RegistryConfig
from service.streaming.security import Protocol, Security

_SECOND = 1e6


def kafka_config(settings: Settings) -> KafkaConfig:
    """The cluster, the topics and the group; the files have been looked at."""
    kafka = settings.kafka
    creation = TopicCreation(kafka.partitions, kafka.replication_factor)
    return KafkaConfig(
        bootstrap=",".join(kafka.bootstrap_servers),
        topics=settings.event_topics(),
        changelog_topic=settings.topics.changelog,
        agent_topics=settings.agent_topics(),
        agents_changelog_topic=settings.topics.agents_changelog,
        register_topic=settings.topics.group_register,
        dead_letter_topic=settings.topics.dead_letters,
        outcomes_topic=settings.topics.outcomes if settings.outcomes else None,
        group_id=kafka.group,
        accepted_partitions=kafka.accept_partitions,
        creation=creation if kafka.create_topics else None,
        security=_security(kafka),
        session_timeout=kafka.session_timeout / _SECOND,
        rebalance_timeout=kafka.rebalance_timeout / _SECOND,
        fetch_bytes=kafka.fetch_bytes,
    )


def _security(kafka: Kafka) -> Security:
    protocols: dict[tuple[bool, bool], Protocol] = {
        (False, False): "PLAINTEXT",
        (False, True): "SASL_PLAINTEXT",
        (True, False): "SSL",
        (True, True): "SASL_SSL",
    }
    password = kafka.sasl_password
    return Security(
        protocol=protocols[kafka.tls, kafka.sasl_mechanism is not None],
        ca_file=kafka.tls_ca_file,
        certificate_file=kafka.tls_cert_file,
        key_file=kafka.tls_key_file,
        mechanism=kafka.sasl_mechanism or "PLAIN",
        username=kafka.sasl_username,
        password=None if password is None else password.get_secret_value(),
        token_file=kafka.oauth_token_file,
    )


def registry_config(settings: Settings) -> RegistryConfig | None:
    """The schema registry, if there is one."""
    registry = settings.registry
    if registry.url is None:
        return None
    password = registry.password
    return RegistryConfig(
        registry.url,
        registry.username,
        None if password is None else password.get_secret_value(),
        registry.tls_ca_file,
    )


def credentials(http: Http) -> Credentials | None:
    """Who may read the numbers; None: everybody."""
    if http.username is None or http.password is None:
        return None
    return Credentials(http.username, http.password.get_secret_value())


def server_tls(server: Http | Receive) -> ssl.SSLContext | None:
    """The certificate of the server of a section, of which the files have been looked at."""
    if server.tls_cert_file is None:
        return None
    return server_context(server.tls_cert_file, server.tls_key_file)


def peers_tls(http: Http) -> ssl.SSLContext | None:
    """How the group's other workers are recognised, where HTTPS is served."""
    if http.tls_cert_file is None:
        return None
    return peers_context(http.tls_cert_file, http.peers_ca_file)
