"""Proofs by a secret that is sent along: only over TLS does nobody else learn it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field

from service.receiving.proof import Sent, Verdict, equal


@dataclass(frozen=True, slots=True)
class SecretHeader:
    """The secret itself, behind `prefix`, in a header."""

    secrets: tuple[bytes, ...] = field(repr=False)
    header: str
    prefix: str = ""

    def judge(self, sent: Sent) -> Verdict:
        """By the header alone."""
        given = sent.header(self.header)
        if given is None:
            return Verdict.MISSING
        expected = [self.prefix.encode() + secret for secret in self.secrets]
        return Verdict.GENUINE if equal(given.strip(), expected) else Verdict.WRONG


@dataclass(frozen=True, slots=True)
class BasicLogin:
    """Name and password, by HTTP basic authentication (RFC 7617)."""

    secrets: tuple[bytes, ...] = field(repr=False)
    username: str

    def judge(self, sent: Sent) -> Verdict:
        """By the header `Authorization` alone."""
        given = sent.header("Authorization")
        if given is None:
            return Verdict.MISSING
        scheme, _, token = given.partition(" ")
        expected = [b64encode(f"{self.username}:".encode() + it) for it in self.secrets]
        right = scheme.lower() == "basic" and equal(token.strip(), expected)
        return Verdict.GENUINE if right else Verdict.WRONG


class Unsigned:
    """Whoever knows the address may send."""

    def judge(self, sent: Sent) -> Verdict:  # noqa: ARG002 - nothing of it is looked at
        """All is taken for genuine."""
        return Verdict.GENUINE
