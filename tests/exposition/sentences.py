"""What the page needs to tell a problem."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from service.exposition.report.page import texts

if TYPE_CHECKING:
    from service.exposition.problems import Problem

_PAGE = Path(__file__).parents[2] / "service" / "exposition" / "page"


def assert_can_be_told(problem: Problem, language: str) -> None:
    """It has a sentence that asks for what it has, and a section to go to."""
    asked = set(re.findall(r"\{(\w+)\}", texts()[language][f"problem.{problem.kind}"]))
    assert asked <= {"group", *problem.numbers}
    sections = dict(re.findall(r'(\w+): "(c-\w+)"', (_PAGE / "problems.js").read_text("utf-8")))
    assert f'id="{sections[problem.kind]}"' in (_PAGE / "index.html").read_text("utf-8")
