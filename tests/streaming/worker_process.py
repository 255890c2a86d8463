"""A worker in a process of its own, to be stopped and continued: says what it holds, line by line.

Arguments: the pickled KafkaConfig, in hexadecimal.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys

from tests.streaming.harness import running


async def main() -> None:
    """Run until the process is ended."""
    async with running(pickle.loads(bytes.fromhex(sys.argv[1]))) as stream:  # noqa: S301
        while True:
            held = {number: s.live_contacts for number, s in await stream.snapshots()}
            print(json.dumps(held), flush=True)  # noqa: T201
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(main())
