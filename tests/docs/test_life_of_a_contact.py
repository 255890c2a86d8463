"""The contacts of docs/life-of-a-contact.md come to what the page says of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.cli.program import run
from tests.docs.test_pages import folder
from tests.docs.test_readme import shell
from tests.docs.test_your_own_numbers import blocks

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["folder"]

_PAGE = "life-of-a-contact.md"


def test_a_letter_of_friday_is_breached_on_monday(folder: Path) -> None:
    _, letter = blocks(_PAGE, "json")
    (settings,), (commands,), (shown,) = (blocks(_PAGE, it) for it in ("toml", "sh", "text"))
    (folder / "letter.ndjson").write_text(letter)
    (folder / "office.toml").write_text(settings)
    assert shell(commands, folder) == shown


def test_the_ticket_comes_to_what_the_page_says(tmp_path: Path) -> None:
    ticket, _ = blocks(_PAGE, "json")
    (tmp_path / "ticket.ndjson").write_text(ticket)
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
