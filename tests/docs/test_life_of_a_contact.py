"""The ticket of docs/life-of-a-contact.md comes to what the page says of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.cli.program import run
from tests.docs.readme import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_ticket_comes_to_what_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "life-of-a-contact.md").read_text("utf-8")
    [lines] = re.findall(r"(?ms)^```json\n(.*?)^```$", page)
    (tmp_path / "ticket.ndjson").write_text(lines)
    code, output, errors = run(
        "replay", "ticket.ndjson", cwd=tmp_path, settings={"CONTACT_UPDATED": "true"}
    )
    assert code == 0, errors
    told = dict(re.findall(r"(?m)^(\w+)\{[^}]*?window=\"24h\"\} (\S+)$", output))
    assert {
        "cx_window_contacts_closed": "2.0",
        "cx_window_contacts_reopened": "1.0",
        "cx_window_transferred_contacts": "1.0",
        "cx_window_resolution_seconds_sum": "86400.0",
        "cx_window_resolution_counted_seconds_sum": "10800.0",
    }.items() <= told.items()
