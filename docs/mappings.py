"""The rules of a ready-made feed as a table: what its page tells of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from service.feeds.definition import FeedDefinition
from service.settings.feed_groups import feed_definitions
from service.settings.feeds import Feeds


def mapping_rows(system: str) -> Iterator[str]:
    """Of each rule the event that it makes, when, and where each field comes from."""
    yield "| rule, event | field | is |"
    yield "|---|---|---|"
    for feed in feed_definitions(Feeds(use=[system])):
        first = f"`{feed.name.removeprefix(system + '-')}`: {feed.emit}"
        for name, text in _cells(feed):
            yield f"| {first} | {name} | {_code(text)} |"
            first = ""


def _cells(feed: FeedDefinition) -> Iterator[tuple[str, str]]:
    for path, values in feed.match:
        yield f"*where* `{path}`", " or ".join(json.dumps(value) for value in values)
    for condition in feed.when:
        yield "*when*", condition
    if feed.for_each is not None:
        yield "*for each*", feed.for_each
    for name, expression in feed.fields.items():
        yield f"`{name}`", expression


def _code(text: str) -> str:
    """Also where it has backticks of its own; a bar would end the cell."""
    fence = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text.strip()}{space}{fence}".replace("|", "\\|")
