"""The README as a list of its code blocks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


class Block(NamedTuple):
    """What stands between two fences."""

    language: str
    text: str
    heading: str


def blocks(language: str) -> list[Block]:
    """The README's blocks of a language, in their order."""
    found = []
    heading = ""
    for match in re.finditer(
        r"^## (?P<heading>[^\n]+)$|^```(?P<language>\w+)\n(?P<text>.*?)^```$",
        README.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    ):
        if match["heading"]:
            heading = match["heading"]
        elif match["language"] == language:
            found.append(Block(language, match["text"], heading))
    return found


def commands() -> list[str]:
    """Every line of every shell block."""
    return [line for block in blocks("sh") for line in block.text.splitlines() if line.strip()]
