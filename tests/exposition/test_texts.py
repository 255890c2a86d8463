"""The words of the pages: the same in every language, all of them used, none left in the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.exposition.report.page import texts

EXPOSITION = Path(__file__).parents[2] / "service" / "exposition"
PAGES = (EXPOSITION / "page" / "index.html", EXPOSITION / "report" / "report.html")
PROGRAMS = [
    path
    for folder in ("page", "report")
    for path in sorted((EXPOSITION / folder).glob("*.js"))
    if not path.name.startswith("uPlot")
]
LANGUAGES = sorted(texts())

#: Names that are the same in every language.
NAMES = {"contact-metrics", "/metrics", "/api/summary", "?", "\N{EN DASH}", "·", ""}

#: Where the end of a key is a name that the service gives.
FAMILIES = ("window", "theme", "definition", "column", "problem")


def forms(text: object) -> list[str]:
    return list(text.values()) if isinstance(text, dict) else [str(text)]


def places(text: object) -> set[str]:
    found = {frozenset(re.findall(r"\{[^}]*\}|`[^`]*`", form)) for form in forms(text)}
    assert len(found) == 1, text
    return set(found.pop())


def test_every_language_has_the_same_texts_with_the_same_numbers_in_them() -> None:
    assert LANGUAGES == ["en", "zh"]
    english = texts()["en"]
    for language in LANGUAGES:
        told = texts()[language]
        assert told.keys() == english.keys(), language
        different = [key for key, text in told.items() if places(text) != places(english[key])]
        assert different == [], language
        assert not [key for key, text in told.items() if not all(map(str.strip, forms(text)))]


def test_no_text_is_left_in_another_language() -> None:
    same = {key for key, text in texts()["zh"].items() if text == texts()["en"][key]}
    assert same <= {"column.csat", "column.nps", "word.nps_range"}, "give texts.zh.json these too"


def test_every_text_is_asked_for_and_every_one_asked_for_is_there() -> None:
    keys = texts()["en"].keys()
    pages = "".join(path.read_text("utf-8") for path in PAGES)
    programs = "".join(path.read_text("utf-8") for path in PROGRAMS)
    asked = set(re.findall(r'data-(?:text|label|title)="([^"]+)"', pages))
    named = {key for key in keys if f'"{key}"' in programs}
    of_family = {key for key in keys if f"`{key.split('.')[0]}.${{" in programs}
    assert {key.split(".")[0] for key in of_family} <= set(FAMILIES)
    assert asked - keys == set()
    families = "|".join(sorted({key.split(".")[0] for key in keys}))
    written = set(re.findall(rf'"((?:{families})\.[\w.]+)"', programs)) - {"stream.ready"}
    assert written - keys == set()
    assert keys - asked - named - of_family == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_words_stand_in_the_page_itself(page: Path) -> None:
    body = page.read_text("utf-8").split("<body>")[1]
    # What is told where no program runs is in all languages at once.
    body = re.sub(r"(?s)<noscript>.*?</noscript>|<script.*?</script>", "", body)
    words = {text.strip() for text in re.findall(r">([^<]*)", body)}
    assert words - NAMES == set()
    spoken = re.findall(r'\s(?:aria-label|alt|title|placeholder)="([^"]+)"', body)
    assert spoken == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_no_words_stand_in_the_programs(program: Path) -> None:
    code = re.sub(r"(?m)^\s*(?://|/\*\*|\*).*$", "", program.read_text("utf-8"))
    strings = re.findall(r'"([^"\n]*)"|`([^`]*)`', code)
    literal = [re.sub(r"\$\{[^}]*\}", "", one or other) for one, other in strings]
    # Words are of a language where one begins with a capital, or two stand beside each other.
    words = [text for text in literal if re.search(r"\b[A-Z][a-z]{2,}|^[a-z]+ [a-z]+", text)]
    allowed = {"English", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"}
    names = {"if told"}
    assert [text for text in words if text not in allowed | names] == []
