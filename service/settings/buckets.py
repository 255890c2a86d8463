"""Bounds of histograms, as the configuration names them."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from service.settings.durations import PositiveDuration
from service.settings.lists import decoded


def _ascending(bounds: list[int]) -> list[int]:
    if not bounds or any(low >= high for low, high in pairwise(bounds)):
        raise ValueError("buckets are one or more bounds, each larger than the one before")
    return bounds


Buckets = Annotated[
    list[PositiveDuration], NoDecode, BeforeValidator(decoded), AfterValidator(_ascending)
]


def with_targets(bounds: list[int], targets: list[int | None]) -> tuple[int, ...]:
    """The bounds and every target: so that "within the target" can be read off exactly."""
    return tuple(sorted({*bounds, *(target for target in targets if target is not None)}))
