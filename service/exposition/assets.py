"""The live page's files, held in memory: there are few, and they never change while we run.

The chart library is uPlot 1.6.32 (MIT, its licence beside it): the npm package's own
`dist/uPlot.iife.min.js` and `dist/uPlot.min.css`, unchanged.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files

_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, ready to be served."""

    content_type: str
    body: bytes
    zipped: bytes
    etag: str


def load_assets() -> dict[str, Asset]:
    """Every file of the page by its path there; the page itself is `index.html`."""
    folder = files("service.exposition") / "page"
    return {
        entry.name: _asset(entry.name, entry.read_bytes())
        for entry in folder.iterdir()
        if entry.name[entry.name.rfind(".") :] in _TYPES
    }


def _asset(name: str, body: bytes) -> Asset:
    return Asset(
        content_type=_TYPES[name[name.rfind(".") :]],
        body=body,
        zipped=gzip.compress(body, mtime=0),
        etag=hashlib.sha256(body).hexdigest()[:16],
    )
