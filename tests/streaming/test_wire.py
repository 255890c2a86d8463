"""What is written and read at once is what aiokafka writes and reads field by field."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any

import pytest
from aiokafka.protocol import fetch
from aiokafka.protocol.types import Array, Bytes, Int8, Int16, Int32, Int64, Schema, String

from service.streaming.fetching.wire import Quick, reader, writer

BITS = {Int8: 8, Int16: 16, Int32: 32, Int64: 64}
VERSIONS = range(1, 12)


def any_value(of: Any, rng: random.Random) -> Any:
    if isinstance(of, Schema):
        return tuple(any_value(field, rng) for field in of.fields)
    if isinstance(of, Array):
        return [any_value(of.array_of, rng) for _ in range(rng.choice([0, 1, 2, 7]))]
    if isinstance(of, String):
        return rng.choice([None, "", "contact-started", "ü"])
    if of is Bytes:
        return rng.choice([None, b"", rng.randbytes(50)])
    half = 1 << (BITS[of] - 1)
    return rng.choice([-half, -1, 0, half - 1, rng.randrange(-half, half)])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", range(20))
def test_any_request_and_answer_is_as_aiokafka_has_it(version: int, seed: int) -> None:
    rng = random.Random(seed)
    request = getattr(fetch, f"FetchRequest_v{version}")
    asked = any_value(request.SCHEMA, rng)
    assert writer(request.SCHEMA)(asked) == request(*asked).encode()
    schema = request.RESPONSE_TYPE.SCHEMA
    told = any_value(schema, rng)
    data = BytesIO(b"before" + schema.encode(told) + b"after")
    data.seek(6)
    assert reader(schema)(data) == told
    assert data.read() == b"after"


def test_a_missing_array_is_read() -> None:
    answer = fetch.FetchResponse_v11
    values = (0, 0, 0, [("topic", [(3, 0, 9, 9, 0, None, -1, b"records")])])
    assert reader(answer.SCHEMA)(BytesIO(answer.SCHEMA.encode(values))) == values


@pytest.mark.parametrize("version", VERSIONS)
def test_a_prepared_request_is_of_the_version_that_both_know(version: int) -> None:
    topics = [("contact-started", [(0, 17, 1024), (3, 0, 1024)]), ("survey-answered", [])]
    request = fetch.FetchRequest(250, 1, 4096, 1 if version >= 4 else 0, topics)
    versions = {1: (0, version)}
    plain, quick = request.prepare(versions), Quick(request).prepare(versions)
    assert version == quick.API_VERSION
    assert quick.encode() == plain.encode()
    told = any_value(plain.RESPONSE_TYPE.SCHEMA, random.Random(version))
    data = plain.RESPONSE_TYPE.SCHEMA.encode(told)
    assert quick.RESPONSE_TYPE.decode(BytesIO(data)) == plain.RESPONSE_TYPE.decode(BytesIO(data))


def test_bytes_that_do_not_suffice_are_no_answer() -> None:
    schema = fetch.FetchResponse_v11.SCHEMA
    data = schema.encode((0, 0, 0, [("topic", [(3, 0, 9, 9, 0, [(5, 7)], -1, b"records")])]))
    for length in range(len(data)):
        with pytest.raises(Exception, match=r".") as caught:
            reader(schema)(BytesIO(data[:length]))
        assert not isinstance(caught.value, AssertionError)
