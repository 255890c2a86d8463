"""A coverage-guided fuzzer for the decoder: nothing but Refused may come out.

    python -m tests.events.fuzz_decoder --seconds 600 [--work DIRECTORY]

Needs the package `atheris`. Starts from the examples in schemas/; it ends with exit code 0 when the
time is over, or prints the input that broke a promise and ends otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, get_args

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

with atheris.instrument_imports(include=["service.events"]):
    from service.events.agents import AGENT_EVENT_CLASSES, AgentEventType
    from service.events.decoding import Decoder
    from service.events.depth import MAX_DEPTH
    from service.events.model import EVENT_CLASSES, EventType
    from service.events.refusal import Reason, Refused
    from service.events.second_look import SecondLook

from tests.events.samples import SCHEMAS, SKEW, WALL

TYPES: Final[tuple[EventType | AgentEventType, ...]] = (
    *get_args(EventType),
    *get_args(AgentEventType),
)
CLASSES: Final[dict[str, type[Any]]] = dict((*EVENT_CLASSES.items(), *AGENT_EVENT_CLASSES.items()))
DECODER: Final = Decoder(1_000_000, SKEW)
SECOND_LOOKS: Final = {name: SecondLook(of) for name, of in CLASSES.items()}
MAX_LENGTH: Final = 8_192


def one_input(data: bytes) -> None:
    """The first byte chooses the type, the others are the value."""
    if not data:
        return
    type_ = TYPES[data[0] % len(TYPES)]
    value = data[1:]
    try:
        event, at = DECODER.decode_without_key(type_, value, WALL)
    except Refused as refused:
        if refused.reason not in set(Reason) or not refused.detail.isascii():
            raise AssertionError("a refusal without a proper reason") from refused
        return
    # What is taken is an event, a JSON object, and has its own key and a time of the past, but for
    # what is planned.
    is_late = at > WALL + SKEW and type_ not in ("agent-scheduled", "agent-employed")
    if type(event) is not CLASSES[type_] or is_late:
        raise AssertionError("no event, or one of the future, was taken")
    value.decode()
    if not value.lstrip().startswith(b"{"):
        raise AssertionError("what is no object was taken")
    of_id: str = getattr(event, "customer_id" if type_ in EVENT_CLASSES else "agent_id")
    again = DECODER.decode(type_, of_id.encode(), value, WALL)
    if again != (event, at):
        raise AssertionError("with its key an event is another")
    if SECOND_LOOKS[type_].read(value) != event:
        raise AssertionError("the quick and the second look differ")


def _write_seeds(corpus: Path) -> None:
    for path in (it for of in TYPES for it in SCHEMAS.glob(f"examples/{of}/*/*.json")):
        type_ = bytes([TYPES.index(path.parts[-3])])
        compact = json.dumps(json.loads(path.read_text())).encode()
        if len(compact) < MAX_LENGTH:
            (corpus / f"{path.parts[-3]}.{path.name}").write_bytes(type_ + compact)
    for depth in (MAX_DEPTH - 2, MAX_DEPTH + 2):
        nested = b'{"x": ' + b"[" * depth + b"]" * depth + b"}"
        (corpus / f"nested-{depth}").write_bytes(b"\x00" + nested)


def _write_words(file: Path) -> None:
    words = {'\\"', "{", "}", "[", "]", ":", ",", "null", "1e400", "4.0", r"\\ud800", "T", "Z"}
    for event_class in CLASSES.values():
        words.update(event_class.__struct_fields__)
    file.write_text("".join(f'"{word}"\n' for word in sorted(words)))


def main() -> None:
    """Fuzzes for the time asked for; libFuzzer ends the process itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(tempfile.gettempdir()) / "contact-metrics-fuzz",
        help="where the inputs found are kept, for the next run too",
    )
    chosen = parser.parse_args()
    corpus = chosen.work / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    _write_seeds(corpus)
    words = chosen.work / "words"
    _write_words(words)
    arguments = [
        sys.argv[0],
        f"-max_total_time={chosen.seconds}",
        f"-max_len={MAX_LENGTH}",
        f"-dict={words}",
        f"-artifact_prefix={chosen.work}/",
        "-print_final_stats=1",
        str(corpus),
    ]
    atheris.Setup(arguments, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
