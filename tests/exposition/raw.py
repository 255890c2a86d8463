"""HTTP over raw sockets: what no client library sends, and a strict look at what comes back."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from tests.patience import PATIENCE_S

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d) [\x20-\x7e]+")
_HEADER = re.compile(rb"([A-Za-z0-9-]+): ([\x20-\x7e]*)")
#: On every answer.
PROTECTION = ("content-security-policy", "x-content-type-options", "referrer-policy", "server")


@dataclass(frozen=True)
class Answer:
    """One response as it was on the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


async def converse(port: int, sent: bytes) -> bytes:
    """All that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        writer.write(sent)
        async with asyncio.timeout(PATIENCE_S):
            while more := await reader.read(65_536):
                received += more
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()
    return received


def answers(received: bytes) -> list[Answer]:
    """The responses, each well-formed; a ValueError where they are not."""
    found = []
    while received:
        head, separator, rest = received.partition(b"\r\n\r\n")
        if not separator:
            raise ValueError(f"no end of the headers: {head[:200]!r}")
        first, *lines = head.split(b"\r\n")
        status = _STATUS.fullmatch(first)
        matches = [_HEADER.fullmatch(line) for line in lines]
        if status is None or not all(matches):
            raise ValueError(f"malformed: {head[:300]!r}")
        headers = {it[1].decode().lower(): it[2].decode() for it in matches if it}
        if len(headers) != len(lines):
            raise ValueError(f"a header twice: {head[:300]!r}")
        code = int(status[1])
        length = 0 if code in (100, 204, 304) else int(headers.get("content-length", len(rest)))
        if len(rest) < length:
            # Of a HEAD the length is that of a body that is not there.
            length = 0
        found.append(Answer(code, headers, rest[:length]))
        received = rest[length:]
    return found
