"""Files that hold foreign records beside events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.cli.tally import Tally
    from service.feeds.lines import ContractLines
    from service.settings import Settings


def foreign_lines(
    settings: Settings, lines: Iterable[bytes], wall_us: int, tally: Tally
) -> ContractLines | None:
    """The lines with events in place of foreign records; None where no feed is configured.

    What becomes of the records is told to `tally`.
    """
    if not settings.feeds.use and not settings.feeds.tables():
        return None
    from service.feeds.lines import ContractLines, LineMapper
    from service.settings.feed_groups import feed_mapper

    mapper = LineMapper(feed_mapper(settings), wall_us)
    off = settings.unread_topics()
    topics = {type_: name for type_, name in settings.all_topics().items() if name not in off}
    return ContractLines(lines, mapper, topics, tally.add)
