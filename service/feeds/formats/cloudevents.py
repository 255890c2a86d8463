"""CloudEvents over Kafka, structured and binary, always in the structured form.

The rules are those of the CloudEvents Kafka protocol binding, version 1.0.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from service.feeds.formats.values import read_value
from service.feeds.json_text import read_json
from service.feeds.refusal import WRONG_FORMAT, Unmappable

if TYPE_CHECKING:
    from service.feeds.record import ForeignRecord
    from service.feeds.schemas import Schema, SchemaRef

_PREFIX: Final = "ce_"


def cloudevent(record: ForeignRecord, data: bytes, schemas: Mapping[SchemaRef, Schema]) -> Any:
    """The event with its attributes and `data`; of an array of events, each. Raises Unmappable."""
    content_type = (record.header("content-type") or b"").decode("latin-1").strip().lower()
    kind = content_type.partition(";")[0].strip()
    if kind.startswith("application/cloudevents"):
        if not kind.endswith("+json"):
            raise Unmappable(WRONG_FORMAT, "only JSON is read of structured CloudEvents")
        return _structured(read_json(data))
    if record.header("ce_specversion") is not None:
        return _binary(record, content_type, data, schemas)
    # Bridges lose headers: an event that is whole in its value tells what it is.
    tree = read_value(record, data, schemas)
    if type(tree) is list or (type(tree) is dict and "specversion" in tree):
        return _structured(tree)
    raise Unmappable(WRONG_FORMAT, "the record is no CloudEvent: no ce_ headers, no specversion")


def _structured(tree: Any) -> Any:
    if type(tree) is list:
        return [_with_data(event) for event in tree]
    return _with_data(tree)


def _with_data(event: Any) -> Any:
    if type(event) is not dict:
        raise Unmappable(WRONG_FORMAT, "a CloudEvent must be an object")
    coded = event.get("data_base64")
    if not isinstance(coded, str):
        return event
    try:
        data = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        raise Unmappable(WRONG_FORMAT, "data_base64 is not base64") from None
    return {**event, "data": _json_or_text(data)}


def _binary(
    record: ForeignRecord,
    content_type: str,
    data: bytes,
    schemas: Mapping[SchemaRef, Schema],
) -> dict[str, Any]:
    event: dict[str, Any] = {}
    for name, value in record.headers:
        if name.lower().startswith(_PREFIX) and value is not None:
            event[name.lower().removeprefix(_PREFIX)] = value.decode("utf-8", "replace")
    if content_type:
        event["datacontenttype"] = content_type
    is_text = content_type.startswith("text/")
    event["data"] = _json_or_text(data) if is_text else read_value(record, data, schemas)
    return event


def _json_or_text(data: bytes) -> Any:
    try:
        return read_json(data)
    except Unmappable:
        pass
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Unmappable(WRONG_FORMAT, "the data are neither JSON nor a text") from None
