"""The glossary and the walk name what is there: every room, and files that speak of the term."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.docs.readme import ROOT
from tests.test_layers import SERVICE

GLOSSARY: Final = (ROOT / "docs" / "glossary.md").read_text("utf-8")
WALK: Final = (ROOT / "docs" / "how-it-works.md").read_text("utf-8")
_LINK: Final = re.compile(r"\]\(\.\./(service/[^)#]+)\)")
#: A row of a table: the term, what it means, and where it is.
_TERMS: Final = re.findall(r"(?m)^\| ([^|\[]+) \| [^|]+ \| \[[^]]+\]\(\.\./([^)]+)\) \|$", GLOSSARY)


def test_every_room_is_named() -> None:
    rooms = {path.parent.name for path in SERVICE.glob("*/__init__.py")}
    assert {link.split("/")[1] for link in _LINK.findall(GLOSSARY)} == rooms


@pytest.mark.parametrize("page", [GLOSSARY, WALK], ids=["glossary", "walk"])
def test_every_file_that_is_linked_exists(page: str) -> None:
    linked = _LINK.findall(page)
    assert len(linked) > 10
    assert [path for path in linked if not (ROOT / path).is_file()] == []


def test_a_term_has_one_row_and_its_file_speaks_of_it() -> None:
    terms = [term.strip() for names, _ in _TERMS for term in names.split(",")]
    assert len(terms) > 35
    assert len(terms) == len(set(terms))
    silent = [
        (names, path)
        for names, path in _TERMS
        if not any(
            re.search(stem, (ROOT / path).read_text("utf-8"), re.IGNORECASE)
            for stem in re.findall(r"[a-z]{3,}", names)
        )
    ]
    assert silent == []


def test_the_walk_leads_through_every_room_that_an_event_comes_through() -> None:
    rooms = {link.split("/")[1] for link in _LINK.findall(WALK)}
    assert rooms >= {
        *("streaming", "events", "state", "partition", "kpis", "aggregates", "store", "view"),
        "exposition",
    }
