"""How vendors sign who do nothing but an HMAC."""

from __future__ import annotations

from service.receiving.signatures import HmacSignature


def zendesk(secrets: tuple[bytes, ...]) -> HmacSignature:
    """https://developer.zendesk.com/documentation/webhooks/verifying"""
    header = "X-Zendesk-Webhook-Signature"
    return HmacSignature(secrets, header, encoding="base64", timestamp_header=f"{header}-Timestamp")


def chatwoot(secrets: tuple[bytes, ...]) -> HmacSignature:
    """https://www.chatwoot.com/hc/user-guide/articles/1677693021-how-to-use-webhooks"""
    return HmacSignature(
        secrets,
        "X-Chatwoot-Signature",
        prefix="sha256=",
        timestamp_header="X-Chatwoot-Timestamp",
        joint=".",
    )


def intercom_or_zammad(secrets: tuple[bytes, ...]) -> HmacSignature:
    """https://developers.intercom.com/docs/webhooks and
    https://admin-docs.zammad.org/en/latest/manage/webhook.html
    """
    return HmacSignature(secrets, "X-Hub-Signature", "sha1", prefix="sha1=")
