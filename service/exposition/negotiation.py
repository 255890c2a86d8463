"""Reading what a request asks for."""

from __future__ import annotations

import math
from contextlib import suppress

from aiohttp import web


def since_when(request: web.Request) -> float:
    """The page asks only for the samples it has not got: `?since=` seconds since 1970.

    Raises HTTPBadRequest for anything but a finite number.
    """
    given = request.query.get("since", "0")
    with suppress(ValueError):
        if math.isfinite(since := float(given)):
            return since
    raise web.HTTPBadRequest(text="since must be a number of seconds since 1970.\n")


def whole_group(request: web.Request) -> bool:
    """Whose numbers: `?scope=all`, those of all workers, unless told otherwise; `worker`.

    Raises HTTPBadRequest for anything else.
    """
    scope = request.query.get("scope", "all")
    if scope not in {"all", "worker"}:
        raise web.HTTPBadRequest(text="scope must be all or worker.\n")
    return scope == "all"


def accepts_gzip(request: web.Request) -> bool:
    """Whether the answer may be compressed."""
    for coding in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
