"""Avro by fastavro, as the tree that the same record would be in JSON.

Times with a zone become RFC 3339 texts, local ones texts without an offset, decimals numbers,
bytes base64, as Kafka Connect's JSON converter writes them. A schema is refused if a few bytes
could make a large tree of it: then a record's cost would not be bounded by its size.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import fastavro
from fastavro.read import LOGICAL_READERS

from service.feeds.refusal import WRONG_FORMAT, Unmappable
from service.feeds.values import decimal_of

#: Nodes of a schema with each name written out; a record of a vendor has some hundreds.
_MAX_NODES: Final = 10_000
#: A decimal of more bytes is no amount of money.
#: So that no other reader of fastavro, and no other library, sees these.
_OWN: Final = "contact-metrics-"

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local or UTC, as the schema says


def parsed(text: str, references: Mapping[str, str]) -> Any:
    """The schema made ready for `read_by`. Raises ValueError, which says why it is refused."""
    named: dict[str, Any] = {}
    try:
        for reference in references.values():
            fastavro.parse_schema(_prepared(json.loads(reference)), named)
        schema = fastavro.parse_schema(_prepared(json.loads(text)), named)
    except RecursionError:
        raise ValueError("the schema is nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - it raises whatever it stumbles on
        raise ValueError(f"the schema is no Avro schema ({type(error).__name__})") from None
    _Size(named).require_bounded(schema)
    return schema


def read_by(schema: Any, data: bytes) -> Any:
    """The tree of a value. Raises Unmappable."""
    stream = io.BytesIO(data)
    try:
        tree = fastavro.schemaless_reader(stream, schema, None)
        whole = stream.tell() == len(data)
    except Exception:  # noqa: BLE001 - it raises whatever it stumbles on
        tree, whole = None, False
    if not whole:
        raise Unmappable(WRONG_FORMAT, "the value is not Avro of the schema that it names")
    return tree


def _prepared(node: Any) -> Any:
    """The same schema, with the names of this module's readers of logical types."""
    if isinstance(node, list):
        return [_prepared(branch) for branch in node]
    if isinstance(node, str):
        return {"type": node, "logicalType": f"{_OWN}base64"} if node == "bytes" else node
    if not isinstance(node, dict):
        return node
    made = {key: value for key, value in node.items() if key != "default"}
    kind = node.get("type")
    match kind:
        case "record" | "error":
            made["fields"] = [
                {**_without_default(field), "type": _prepared(field["type"])}
                for field in node["fields"]
            ]
        case "array":
            made["items"] = _prepared(node["items"])
        case "map":
            made["values"] = _prepared(node["values"])
        case dict() | list():
            made["type"] = _prepared(kind)
        case _:
            _name_reader(made)
    return made


def _without_default(field: dict[str, Any]) -> dict[str, Any]:
    # Defaults are for readers with another schema; a value holds every field of its writer's.
    return {key: value for key, value in field.items() if key != "default"}


def _name_reader(made: dict[str, Any]) -> None:
    logical = made.pop("logicalType", None)
    of_bytes = made["type"] in ("bytes", "fixed")
    if f"{made['type']}-{_OWN}{logical}" in _READERS:
        made["logicalType"] = _OWN + str(logical)
    elif of_bytes:
        made["logicalType"] = f"{_OWN}base64"


class _Size:
    """How large a value of a schema is at least, and how many nodes it has with names written out.

    A schema that refers to itself, or repeats what takes no bytes, is not bounded.
    """

    def __init__(self, named: Mapping[str, Any]) -> None:
        self._named = named
        self._within: set[str] = set()
        self._known: dict[str, tuple[int, int]] = {}

    def require_bounded(self, schema: Any) -> None:
        """Raises ValueError."""
        self._measure(schema)

    def _measure(self, node: Any) -> tuple[int, int]:
        """Bytes at least, and nodes."""
        if isinstance(node, list):
            sizes = [self._measure(branch) for branch in node]
            return 1, self._bounded(1 + sum(nodes for _, nodes in sizes))
        if isinstance(node, str):
            return self._name(node) if node in self._named else (int(node != "null"), 1)
        kind = node["type"]
        if kind in {"record", "error"}:
            return self._name(node["name"])
        if kind in {"array", "map"}:
            least, nodes = self._measure(node["items" if kind == "array" else "values"])
            if least == 0 and kind == "array":
                raise ValueError("the schema has an array of what takes no bytes")
            return 1, self._bounded(nodes + 1)
        if kind == "fixed":
            return int(node["size"]), 1
        return self._measure(kind)

    def _name(self, name: str) -> tuple[int, int]:
        if name in self._within:
            raise ValueError(f"the schema refers to itself ({name}): such ones are not read")
        if name not in self._known:
            node = self._named[name]
            if node["type"] not in {"record", "error"}:
                return (int(node["size"]) if node["type"] == "fixed" else 1), 1
            self._within.add(name)
            sizes = [self._measure(field["type"]) for field in node["fields"]]
            self._within.discard(name)
            nodes = self._bounded(1 + sum(nodes for _, nodes in sizes))
            self._known[name] = sum(least for least, _ in sizes), nodes
        return self._known[name]

    @staticmethod
    def _bounded(nodes: int) -> int:
        if nodes > _MAX_NODES:
            raise ValueError(f"the schema has more than {_MAX_NODES} parts")
        return nodes


def _moment(per_second: int, ending: str) -> Callable[..., Any]:
    def read(count: int, _writer: Any = None, _reader: Any = None) -> Any:
        try:
            moment = _EPOCH + timedelta(microseconds=count * 1_000_000 // per_second)
        except OverflowError:
            return count
        return moment.isoformat() + ending

    return read


def _date(days: int, _writer: Any = None, _reader: Any = None) -> Any:
    try:
        return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
    except OverflowError:
        return days


def _decimal(data: bytes, writer: Mapping[str, Any], _reader: Any = None) -> float | int | None:
    return decimal_of(data, int(writer.get("scale") or 0))


def _base64(data: bytes, _writer: Any = None, _reader: Any = None) -> str:
    return base64.b64encode(data).decode()


def _uuid(data: bytes, _writer: Any = None, _reader: Any = None) -> str:
    return str(UUID(bytes=bytes(data))) if len(data) == 16 else _base64(data)


def _readers() -> Iterator[tuple[str, Callable[..., Any]]]:
    for unit, per_second in (("millis", 1_000), ("micros", 1_000_000), ("nanos", 10**9)):
        yield f"long-{_OWN}timestamp-{unit}", _moment(per_second, "Z")
        yield f"long-{_OWN}local-timestamp-{unit}", _moment(per_second, "")
    yield f"int-{_OWN}date", _date
    for kind in ("bytes", "fixed"):
        yield f"{kind}-{_OWN}decimal", _decimal
        yield f"{kind}-{_OWN}base64", _base64
    yield f"fixed-{_OWN}uuid", _uuid


_READERS: Final = dict(_readers())
LOGICAL_READERS.update(_READERS)
