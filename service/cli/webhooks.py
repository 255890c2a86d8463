"""From the settings of webhooks to the values that the receiving room takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.receiving.passwords import BasicLogin, SecretHeader, Unsigned
from service.receiving.server import Limits
from service.receiving.signatures import HmacSignature, QiyuChecksum, TwilioSignature
from service.receiving.vendors import chatwoot, intercom_or_zammad, zendesk
from service.receiving.webhook import Webhook

if TYPE_CHECKING:
    from service.receiving.proof import Proof
    from service.settings import receive


def webhooks(settings: receive.Receive) -> list[Webhook]:
    """All that are configured."""
    return [
        Webhook(
            name=name,
            path=settings.path(name),
            topic=webhook.topic,
            proof=_proof(webhook),
            kept_headers=tuple(dict.fromkeys(header.lower() for header in webhook.headers)),
            asks_for_login=webhook.signature == "basic",
        )
        for name, webhook in settings.webhooks.items()
    ]


def limits(settings: receive.Receive, connections: int) -> Limits:
    """What is taken at a time; `connections` is the most that this process may have."""
    return Limits(
        body_bytes=settings.max_body_bytes,
        waiting_bytes=settings.max_waiting_bytes,
        webhook_rate=settings.requests_per_second,
        total_rate=settings.total_requests_per_second,
        connections=min(settings.max_connections, connections),
    )


def _proof(webhook: receive.Webhook) -> Proof:
    secrets = webhook.secrets()
    # That these are there is seen to with the settings.
    header, username = webhook.header or "", webhook.username or ""
    match webhook.signature:
        case "hmac":
            return HmacSignature(
                secrets,
                header,
                webhook.algorithm,
                webhook.encoding,
                webhook.prefix,
                webhook.timestamp_header,
                webhook.timestamp_joint,
            )
        case "header":
            return SecretHeader(secrets, header, webhook.prefix)
        case "basic":
            return BasicLogin(secrets, username)
        case "none":
            return Unsigned()
        case "twilio":
            return TwilioSignature(secrets, webhook.public_url or "")
        case "qiyu":
            return QiyuChecksum(secrets)
        case "zendesk":
            return zendesk(secrets)
        case "chatwoot":
            return chatwoot(secrets)
        case "intercom" | "zammad":
            return intercom_or_zammad(secrets)
