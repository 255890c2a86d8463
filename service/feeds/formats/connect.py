"""Kafka Connect's JSON: with `schemas.enable` the value is beside its schema."""

from __future__ import annotations

from typing import Any


def payload(tree: Any) -> Any:
    """The value itself, with an envelope of schema and payload or without."""
    if type(tree) is dict and len(tree) == 2 and "schema" in tree and "payload" in tree:
        return tree["payload"]
    return tree
