"""Definitions as they are kept and told: whole, equal only where the numbers are."""

from __future__ import annotations

import random
from dataclasses import fields, replace

import msgspec
import pytest

from service.definitions import Definitions
from service.store.in_force import decode_definitions, encode_definitions
from service.store.settings_told import differences, digest, read, told, written
from tests.partition.product import definitions
from tests.reference.lively_settings import TOGETHER, mixed
from tests.reference.random_settings import any_settings


@pytest.mark.parametrize("seed", range(20))
def test_what_is_kept_is_read_back_as_it_was(seed: int) -> None:
    kept = definitions(any_settings(random.Random(seed)))
    assert decode_definitions(encode_definitions(kept)) == kept


def test_fields_of_another_release_are_left_out_and_missing_ones_have_their_defaults() -> None:
    kept = msgspec.msgpack.decode(encode_definitions(Definitions(max_label_values=7)))
    del kept["short_abandon"]
    other = msgspec.msgpack.encode({**kept, "of_tomorrow": [1, {"two": 3}]})
    assert decode_definitions(other) == Definitions(max_label_values=7)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_differs_is_told_and_nothing_else(seed: int) -> None:
    rng = random.Random(seed)
    one, other = (
        definitions(mixed(rng, any_settings(rng), rng.randrange(len(TOGETHER)))) for _ in range(2)
    )
    for field in fields(Definitions):
        changed = replace(one, **{field.name: getattr(other, field.name)})
        named = {
            setting.partition(".")[0] for setting, _, _ in differences(told(one), told(changed))
        }
        assert named == ({field.name} if changed != one else set())
        assert (digest(written(one)) == digest(written(changed))) == (changed == one)


def test_what_is_written_is_read_back() -> None:
    assert read(written(Definitions())) == told(Definitions())
