"""A schema registry as its API is documented, small enough to misbehave on demand.

What it answers was compared with Apicurio Registry's (test_real_registry.py runs the same on it).
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from tests.ports import free_port

if TYPE_CHECKING:
    import ssl


class FakeRegistry:
    """On a free loopback port; an asynchronous context manager."""

    def __init__(self, *, login: tuple[str, str] | None = None) -> None:
        self.asked: Counter[str] = Counter()
        """Requests by path."""
        self.status = 200
        """What every request is answered with; 200: as the schema is."""
        self.slow = 0.0
        self.body: bytes | None = None
        """Instead of the answer."""
        self._login = login
        self._by_id: dict[int, dict[str, Any]] = {}
        self._by_version: dict[tuple[str, int], int] = {}
        self._runner: web.AppRunner | None = None
        self._port = free_port()
        self._scheme = "http"

    @property
    def url(self) -> str:
        return f"{self._scheme}://localhost:{self._port}"

    def register(
        self,
        subject: str,
        schema: object,
        references: tuple[tuple[str, str, int], ...] = (),
        kind: str = "AVRO",
    ) -> int:
        """The id of a schema of the subject's next version."""
        told: dict[str, Any] = {"schema": json.dumps(schema)}
        if kind != "AVRO":
            told["schemaType"] = kind
        if references:
            told["references"] = [
                {"name": name, "subject": of, "version": version}
                for name, of, version in references
            ]
        number = len(self._by_id) + 1
        self._by_id[number] = told
        version = sum(of == subject for of, _ in self._by_version) + 1
        self._by_version[subject, version] = number
        return number

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen; again on the port it had."""
        application = web.Application(middlewares=[self._first])
        application.router.add_get("/schemas/ids/{id}", self._of_id)
        application.router.add_get("/subjects/{subject}/versions/{version}", self._of_version)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=tls)
        await site.start()
        self._scheme = "http" if tls is None else "https"

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @web.middleware
    async def _first(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked[request.path] += 1
        await asyncio.sleep(self.slow)
        if self._login is not None:
            told = base64.b64encode(":".join(self._login).encode()).decode()
            if request.headers.get("Authorization") != f"Basic {told}":
                return web.json_response({"error_code": 401, "message": "login"}, status=401)
        if self.body is not None:
            return web.Response(body=self.body, status=self.status)
        if self.status != 200:
            return web.Response(status=self.status, headers={"Location": f"{self.url}/elsewhere"})
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _of_id(self, request: web.Request) -> web.Response:
        known = self._by_id.get(int(request.match_info["id"]))
        return _not_found(40403) if known is None else web.json_response(known)

    async def _of_version(self, request: web.Request) -> web.Response:
        name, version = request.match_info["subject"], int(request.match_info["version"])
        number = self._by_version.get((name, version))
        if number is None:
            return _not_found(40402)
        told = {"subject": name, "version": version, "id": number, **self._by_id[number]}
        return web.json_response(told)


def _not_found(code: int) -> web.Response:
    return web.json_response({"error_code": code, "message": "not found"}, status=404)
