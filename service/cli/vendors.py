"""The demo with another system's records: the topics they are in, and the stage that maps them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.settings import Settings
    from service.simulate.vendors.foreign import Vendor
    from service.streaming.config import KafkaConfig


class VendorName(StrEnum):
    """The systems that the simulated centre can have."""

    AMAZON_CONNECT = "amazon-connect"
    TWILIO = "twilio"
    ZENDESK = "zendesk"


def vendor_of(name: VendorName | None) -> Vendor | None:
    """The system of this name; none has none."""
    from service.simulate.vendors.choice import VENDORS

    return None if name is None else VENDORS[name]()


@asynccontextmanager
async def mapping(
    settings: Settings, vendor: Vendor | None, stop: asyncio.Event
) -> AsyncIterator[None]:
    """The vendor's topics and, as long as this lasts, the stage that maps them; of none, nothing.

    Sets `stop` if the stage cannot go on, and raises why at the end: StreamError.
    """
    if vendor is None:
        yield
        return
    from service.cli.mapping import stage_config
    from service.settings.feed_groups import feed_mapper
    from service.settings.feeds import Feeds
    from service.streaming.mapping.service import MappingService

    with_feeds = settings.model_copy(update={"feeds": Feeds.model_validate(vendor.feeds)})
    mapper = feed_mapper(with_feeds)
    config = stage_config(with_feeds, mapper)
    await _create_topics(config.kafka, vendor)
    stage = MappingService(config, mapper, None)
    await stage.start()
    running = asyncio.create_task(stage.wait())
    running.add_done_callback(lambda _: stop.set())
    try:
        yield
    finally:
        failed = running.done()
        running.cancel()
        await stage.stop()
        if failed:
            running.result()


async def _create_topics(kafka: KafkaConfig, vendor: Vendor) -> None:
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    from service.streaming.topics import create

    admin = AIOKafkaAdminClient(**kafka.client_settings())
    await admin.start()
    try:
        await create(admin, [NewTopic(topic, 2, 1) for topic in vendor.topics])
    finally:
        await admin.close()
