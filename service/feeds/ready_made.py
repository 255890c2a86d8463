"""The feeds that come with the package: `ready/NAME.toml`, written as in a configuration."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from service.feeds.errors import known


def ready_names() -> tuple[str, ...]:
    """The systems that have ready-made feeds."""
    folder = files("service.feeds") / "ready"
    found = (file.name for file in folder.iterdir()) if folder.is_dir() else ()
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def ready_tables(name: str) -> dict[str, Any]:
    """The tables below `feeds` of a system's file. Raises ValueError for an unknown one."""
    if name not in ready_names():
        raise ValueError(f'"{name}" is no ready-made system; {known(name, ready_names())}')
    text = (files("service.feeds") / "ready" / f"{name}.toml").read_text("utf-8")
    tables: dict[str, Any] = tomllib.loads(text)["feeds"]
    return tables
