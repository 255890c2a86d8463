"""One question to the registry and its answer, or why there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import aiohttp
import msgspec
import orjson

if TYPE_CHECKING:
    from service.feeds.schemas import SchemaRef
    from service.streaming.registry.config import RegistryConfig

_SECONDS: Final = 10.0
#: A schema with all its words is some kilobytes.
_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_CONNECTIONS: Final = 4
_GREATEST_ID: Final = 2**31 - 1
_PATHS: Final = {"id": "/schemas/ids/", "guid": "/schemas/guids/"}
#: What a client is to try again.
_LATER: Final = frozenset({408, 425, 429})
_ACCEPT: Final = "application/vnd.schemaregistry.v1+json, application/json"


class AwayError(Exception):
    """The registry has not answered the question: it is to be asked again."""


class NotAskedForError(AwayError):
    """It does not know what was asked for: a registry of an older release, or none at all."""


class NoSchemaError(Exception):
    """The registry has answered: there is no such schema for us, or none that can be used."""


class Reference(msgspec.Struct, frozen=True):
    """A part of a schema that is registered by itself."""

    name: str
    subject: str
    version: int


class Registered(msgspec.Struct, frozen=True, rename={"type": "schemaType"}):
    """A schema as the registry has it."""

    schema: str
    type: str = "AVRO"
    references: tuple[Reference, ...] = ()


class Registry:
    """Asks over HTTP; neither remembers nor tries again. To be opened on its event loop."""

    def __init__(self, config: RegistryConfig) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        return self._config.url

    async def open(self) -> None:
        """Connects to nothing yet. Raises StreamError for an unusable file."""
        config = self._config
        tls = config.tls() if config.url.startswith("https:") else False
        headers = {"Accept": _ACCEPT}
        if config.username is not None:
            login = aiohttp.encode_basic_auth(config.username, config.password or "", "utf-8")
            headers["Authorization"] = login
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_MOST_CONNECTIONS, ssl=tls),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=_SECONDS),
            # A cookie has no business here.
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Whoever still asks is told that the registry is away."""
        if self._session is not None:
            await self._session.close()

    async def schema(self, ref: SchemaRef) -> Registered:
        """Raises AwayError or NoSchemaError."""
        path = _PATHS.get(ref.kind)
        if ref.kind == "id" and int(ref.value) > _GREATEST_ID:
            # Not asked for: what they answer then, 404 or 500, differs.
            raise NoSchemaError("registries have no such great ids")
        if path is None:
            raise NoSchemaError(f"schemas are known by {' or '.join(_PATHS)} only")
        try:
            return await self._ask(path + quote(ref.value, safe=""))
        except NotAskedForError:
            if ref.kind == "id":
                raise
            raise NoSchemaError("this registry knows schemas by their number only") from None

    async def referenced(self, reference: Reference) -> Registered:
        """Raises AwayError or NoSchemaError."""
        subject = quote(reference.subject, safe="")
        return await self._ask(f"/subjects/{subject}/versions/{reference.version}")

    async def answers(self) -> None:
        """Whether it is a registry that lets us in. Raises AwayError or NoSchemaError."""
        await self._get("/schemas/types")

    async def _ask(self, path: str) -> Registered:
        body = await self._get(path)
        try:
            return msgspec.json.decode(body, type=Registered)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise AwayError(
                f"{self.url} answers, but not as a schema registry: check registry.url"
            ) from None

    async def _get(self, path: str) -> bytes:
        session = self._session
        if session is None or session.closed:
            raise AwayError("the registry is not open")
        try:
            # A redirect would take the password along, or a record's id to who knows where.
            async with session.get(self.url + path, allow_redirects=False) as response:
                body = await _bounded(response)
                self._check(response.status, body)
                return body
        except TimeoutError:
            raise AwayError(f"{self.url} did not answer within {_SECONDS:.0f} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise AwayError(
                f"{self.url} cannot be reached ({_why(error)}): start it, or correct registry.url"
            ) from None

    def _check(self, status: int, body: bytes) -> None:
        if status == 200:
            return
        if status == 401:
            raise AwayError(
                f"{self.url} asks for another login: check registry.username and registry.password"
            )
        if 300 <= status < 400:
            raise AwayError(
                f"{self.url} sends elsewhere ({status}): set registry.url to that address"
            )
        if 400 <= status < 500 and status not in _LATER and (code := _error_code(body)):
            raise NoSchemaError(
                f"the registry gives no such schema (status {status}, error {code})"
            )
        if status == 404:
            raise NotAskedForError(
                f"{self.url} answers, but not as a schema registry: check registry.url"
            )
        raise AwayError(f"{self.url} answers with status {status}")


def _why(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not one of an authority that is trusted"
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known"
        case aiohttp.ClientSSLError():
            return "it does not speak TLS"
        case aiohttp.ClientOSError(errno=int(number)):
            return os.strerror(number)
    return str(error)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > _MOST_BYTES:
            response.close()
            raise NoSchemaError(f"the schema is larger than {_MOST_BYTES} bytes")
    return bytes(body)


def _error_code(body: bytes) -> int | None:
    """The API's own, which a page of some other server does not have."""
    try:
        told: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    code = told.get("error_code") if isinstance(told, dict) else None
    return code if isinstance(code, int) else None
