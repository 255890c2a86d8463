"""Vendors as they sign by their published rules, written here once more, step by step.

Nothing of the service is used: each rule is spelled out with `hashlib` alone, HMAC too (RFC 2104).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote_plus

SECRET = "s3cret-of-the-vendor"
PUBLIC_URL = "https://hooks.example/twilio"
BODY = b'{"ticket": {"id": 17, "note": "M\xc3\xbcller"}}'


@dataclass(frozen=True)
class Signing:
    """A request as a vendor sends it."""

    headers: dict[str, str]
    body: bytes = BODY
    query: str = ""


@dataclass(frozen=True)
class Vendor:
    """`sign(secret, body, now)`; `settings` are those of its webhook, without the secret."""

    sign: Callable[[str, bytes, float], Signing]
    settings: dict[str, object]
    #: The header that is missing when the signature is; empty: it is in the address.
    header: str
    signs_time: bool = False


def hmac_of(secret: str, message: bytes, algorithm: str) -> bytes:
    """RFC 2104, by its own words."""
    block = 128 if algorithm == "sha512" else 64
    key = secret.encode()
    if len(key) > block:
        key = hashlib.new(algorithm, key).digest()
    key = key.ljust(block, b"\0")
    inner = hashlib.new(algorithm, bytes(byte ^ 0x36 for byte in key) + message).digest()
    return hashlib.new(algorithm, bytes(byte ^ 0x5C for byte in key) + inner).digest()


def _zendesk(secret: str, body: bytes, now: float) -> Signing:
    time = datetime.fromtimestamp(int(now), UTC).isoformat().replace("+00:00", "Z")
    signed = hmac_of(secret, time.encode() + body, "sha256")
    return Signing(
        {
            "X-Zendesk-Webhook-Signature": base64.b64encode(signed).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": time,
        },
        body,
    )


def _chatwoot(secret: str, body: bytes, now: float) -> Signing:
    time = str(int(now))
    signed = hmac_of(secret, f"{time}.".encode() + body, "sha256").hex()
    return Signing({"X-Chatwoot-Signature": f"sha256={signed}", "X-Chatwoot-Timestamp": time}, body)


def _hub(secret: str, body: bytes, now: float) -> Signing:
    return Signing({"X-Hub-Signature": f"sha1={hmac_of(secret, body, 'sha1').hex()}"}, body)


def _twilio_json(secret: str, body: bytes, now: float) -> Signing:
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    signed = hmac_of(secret, f"{PUBLIC_URL}?{query}".encode(), "sha1")
    headers = {
        "X-Twilio-Signature": base64.b64encode(signed).decode(),
        "Content-Type": "application/cloudevents+json",
    }
    return Signing(headers, body, query)


def _twilio_form(secret: str, body: bytes, now: float) -> Signing:
    # Two fields, one of which holds the body; sorted by name, the unencoded values.
    fields = {"Zulu": "last", "Body": body.decode(errors="replace")}
    text = PUBLIC_URL + "".join(name + fields[name] for name in sorted(fields))
    sent = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())
    signed = base64.b64encode(hmac_of(secret, text.encode(), "sha1")).decode()
    form = "application/x-www-form-urlencoded"
    return Signing({"X-Twilio-Signature": signed, "Content-Type": form}, sent.encode())


def _qiyu(secret: str, body: bytes, now: float) -> Signing:
    time = str(int(now))
    md5 = hashlib.md5(body).hexdigest()  # noqa: S324 - their rule
    checksum = hashlib.sha1((secret + md5 + time).encode()).hexdigest()  # noqa: S324 - theirs too
    return Signing({}, body, f"time={time}&checksum={checksum}&eventType=1")


def _hmac_512(secret: str, body: bytes, now: float) -> Signing:
    signed = base64.b64encode(hmac_of(secret, body, "sha512")).decode()
    return Signing({"X-Signature": f"v1={signed}"}, body)


def _hmac_timed(secret: str, body: bytes, now: float) -> Signing:
    time = str(int(now * 1000))
    signed = hmac_of(secret, f"{time}:".encode() + body, "sha256").hex()
    return Signing({"X-Signature": signed.upper(), "X-Sent-At": time}, body)


def _header(secret: str, body: bytes, now: float) -> Signing:
    return Signing({"X-Api-Key": f"Key {secret}"}, body)


def _basic(secret: str, body: bytes, now: float) -> Signing:
    token = base64.b64encode(f"desk:{secret}".encode()).decode()
    return Signing({"Authorization": f"Basic {token}"}, body)


VENDORS: dict[str, Vendor] = {
    "zendesk": Vendor(_zendesk, {"signature": "zendesk"}, "X-Zendesk-Webhook-Signature", True),
    "chatwoot": Vendor(_chatwoot, {"signature": "chatwoot"}, "X-Chatwoot-Signature", True),
    "intercom": Vendor(_hub, {"signature": "intercom"}, "X-Hub-Signature"),
    "zammad": Vendor(_hub, {"signature": "zammad"}, "X-Hub-Signature"),
    "twilio": Vendor(
        _twilio_json, {"signature": "twilio", "public_url": PUBLIC_URL}, "X-Twilio-Signature"
    ),
    "twilio-form": Vendor(
        _twilio_form, {"signature": "twilio", "public_url": PUBLIC_URL}, "X-Twilio-Signature"
    ),
    "qiyu": Vendor(_qiyu, {"signature": "qiyu"}, "", True),
    "hmac": Vendor(
        _hmac_512,
        {
            "signature": "hmac",
            "header": "X-Signature",
            "algorithm": "sha512",
            "encoding": "base64",
            "prefix": "v1=",
        },
        "X-Signature",
    ),
    "hmac-timed": Vendor(
        _hmac_timed,
        {
            "signature": "hmac",
            "header": "X-Signature",
            "timestamp_header": "X-Sent-At",
            "timestamp_joint": ":",
        },
        "X-Signature",
        True,
    ),
    "header": Vendor(
        _header, {"signature": "header", "header": "X-Api-Key", "prefix": "Key "}, "X-Api-Key"
    ),
    "basic": Vendor(_basic, {"signature": "basic", "username": "desk"}, "Authorization"),
}
