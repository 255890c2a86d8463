"""aiokafka's getmany alone: what fetching costs before anybody has decoded anything."""

from __future__ import annotations

import asyncio

from bench.peers.aiokafka_drain import drain
from bench.peers.progress import arguments

if __name__ == "__main__":
    asyncio.run(drain(*arguments(), use=len))
