"""A schema with all that it refers to, made ready to read records by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.feeds.schemas import parse_schema
from service.streaming.registry.requests import NoSchemaError

if TYPE_CHECKING:
    from service.feeds.schemas import Schema, SchemaRef
    from service.streaming.registry.requests import Reference, Registered, Registry

#: Of one schema, with what the referenced ones refer to.
_MOST_REFERENCES: Final = 100


async def parsed(registry: Registry, ref: SchemaRef) -> Schema:
    """One that cannot be used has a problem. Raises AwayError or NoSchemaError."""
    registered = await registry.schema(ref)
    parts = await _parts(registry, registered)
    return parse_schema(registered.type, registered.schema, parts)


async def _parts(registry: Registry, registered: Registered) -> dict[str, str]:
    """What it refers to, by name, each after what that refers to itself."""
    parts: dict[str, str] = {}
    seen: set[Reference] = set()

    async def add(references: tuple[Reference, ...]) -> None:
        for reference in references:
            if reference in seen:
                continue
            seen.add(reference)
            if len(seen) > _MOST_REFERENCES:
                raise NoSchemaError(f"the schema refers to more than {_MOST_REFERENCES} others")
            part = await registry.referenced(reference)
            await add(part.references)
            parts.setdefault(reference.name, part.schema)

    await add(registered.references)
    return parts
