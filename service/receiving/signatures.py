"""Proofs by a keyed hash of what was sent: HMAC, and what Twilio and Qiyu make of it."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import parse_qsl

from service.receiving.proof import Sent, Verdict, equal, judged_time

Algorithm = Literal["sha1", "sha256", "sha512"]
Encoding = Literal["hex", "base64"]

#: A form has some dozens; whoever sends more keeps us busy.
_MOST_FIELDS: Final = 1_000


@dataclass(frozen=True, slots=True)
class HmacSignature:
    """HMAC (RFC 2104) of the body, or of a time, `joint` and the body, in a header."""

    secrets: tuple[bytes, ...] = field(repr=False)
    header: str
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    #: What stands before the signature in the header.
    prefix: str = ""
    #: Header of a time that is signed too; None: no time is.
    timestamp_header: str | None = None
    joint: str = ""

    def judge(self, sent: Sent) -> Verdict:
        """By the signature first: of a time that nobody signed nothing is said."""
        signature = sent.header(self.header)
        if signature is None:
            return Verdict.MISSING
        time = ""
        if self.timestamp_header is not None:
            given = sent.header(self.timestamp_header)
            if given is None:
                return Verdict.MISSING
            time = given
        before = f"{time}{self.joint}".encode(errors="surrogateescape")
        signed = (before if self.timestamp_header else b"") + sent.body
        if not equal(self._bare(signature), self._expected(signed)):
            return Verdict.WRONG
        return judged_time(time, sent.now) if self.timestamp_header else Verdict.GENUINE

    def _bare(self, signature: str) -> str:
        if not signature.startswith(self.prefix):
            return ""
        bare = signature.removeprefix(self.prefix).strip()
        return bare.lower() if self.encoding == "hex" else bare

    def _expected(self, signed: bytes) -> list[bytes]:
        made = [hmac.digest(secret, signed, self.algorithm) for secret in self.secrets]
        if self.encoding == "hex":
            return [digest.hex().encode() for digest in made]
        return [b64encode(digest) for digest in made]


@dataclass(frozen=True, slots=True)
class TwilioSignature:
    """HMAC of the address that was called and of the form's fields; of another body its SHA-256
    stands in the address (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
    """

    secrets: tuple[bytes, ...] = field(repr=False)
    #: As Twilio was given it; a proxy may have changed what arrives here.
    public_url: str

    def judge(self, sent: Sent) -> Verdict:
        """No time is signed: a request that is repeated is genuine again."""
        signature = sent.header("X-Twilio-Signature")
        if signature is None:
            return Verdict.MISSING
        fields = _form_fields(sent)
        if fields is None:
            return Verdict.WRONG
        address = f"{self.public_url}?{sent.query}" if sent.query else self.public_url
        signed = f"{address}{fields}".encode(errors="surrogateescape")
        # A webhook rule of the account can ask for the longer hash, with a key of its own.
        rule = sent.header("X-Twilio-Webhooks-Signature-Settings") or ""
        algorithm = "sha256" if "HMAC_SHA256" in rule else "sha1"
        expected = [b64encode(hmac.digest(it, signed, algorithm)) for it in self.secrets]
        return Verdict.GENUINE if equal(signature.strip(), expected) else Verdict.WRONG


def _form_fields(sent: Sent) -> str | None:
    """As they are signed; None: the body is covered by no signature."""
    hashes = [value for name, value in parse_qsl(sent.query) if name == "bodySHA256"]
    if hashes:
        made = hashlib.sha256(sent.body).hexdigest().encode()
        return "" if len(hashes) == 1 and equal(hashes[0].lower(), [made]) else None
    kind = (sent.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    try:
        fields = parse_qsl(sent.body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    return "".join(f"{name}{value}" for name, value in sorted(set(fields)))


@dataclass(frozen=True, slots=True)
class QiyuChecksum:
    """SHA-1 of the secret, the body's MD5 and the time; both in the address
    (https://qiyukf.com/docs/guide/server/2-通用说明.html).
    """

    secrets: tuple[bytes, ...] = field(repr=False)

    def judge(self, sent: Sent) -> Verdict:
        """The time is in seconds."""
        given = parse_qsl(sent.query)
        checksums = [value for name, value in given if name == "checksum"]
        times = [value for name, value in given if name == "time"]
        if len(checksums) != 1 or len(times) != 1:
            return Verdict.WRONG if checksums and times else Verdict.MISSING
        signed = _md5(sent.body) + times[0].encode(errors="surrogateescape")
        # Their rule, and nothing shorter than a collision with a chosen beginning breaks it.
        expected = [_sha1(secret + signed) for secret in self.secrets]
        if not equal(checksums[0].lower(), expected):
            return Verdict.WRONG
        return judged_time(times[0], sent.now)


def _md5(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).hexdigest().encode()


def _sha1(text: bytes) -> bytes:
    return hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()
