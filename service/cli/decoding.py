"""How events are read from their topics, as `kafka.value_format` says."""

from __future__ import annotations

from service.cli.wiring import registry_config
from service.events.decoding import Decoder
from service.settings import Settings
from service.streaming.partition import EventDecoder
from service.streaming.registry.requests import Registry
from service.streaming.registry.schemas import Schemas
from service.streaming.value_formats import Avro, Clothes, CloudEvents, DressedDecoder, JsonSchema


def event_schemas(settings: Settings) -> Schemas | None:
    """Those that events are written by, where it takes a registry to read them."""
    registry = registry_config(settings)
    if settings.kafka.value_format != "avro" or registry is None:
        return None
    return Schemas(Registry(registry))


def event_decoder(settings: Settings, schemas: Schemas | None) -> EventDecoder:
    """Of plain JSON it is the decoder itself, which other formats cost nothing."""
    decoder = Decoder(settings.max_event_bytes, settings.max_future_skew)
    clothes: Clothes
    match settings.kafka.value_format:
        case "cloudevents":
            clothes = CloudEvents()
        case "json-schema":
            clothes = JsonSchema()
        case "avro" if schemas is not None:
            clothes = Avro(schemas.known)
        case _:
            return decoder
    return DressedDecoder(decoder, settings.max_event_bytes, clothes)
