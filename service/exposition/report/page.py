"""One HTML file with everything in it: styles, programs, chart library and numbers.

It asks nobody for anything: its content security policy lets nothing in but what is written here,
by hash, and a label can be no more than text.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html import escape
from importlib.resources import files
from typing import Final

import msgspec

from service.exposition.report.contents import Contents

#: In the order in which they need each other.
_MODULES: Final = (
    "page/choices.js",
    "page/texts.js",
    "page/format.js",
    "page/charts.js",
    "page/tables.js",
    "report/report.js",
)
_STYLES: Final = ("page/uPlot.min.css", "page/page.css", "report/report.css")
_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_TEXTS: Final = re.compile(r"texts\.(\w+)\.json")


def html(contents: Contents) -> str:
    """The page."""
    library = f"/*\n{_text('page/uPlot.LICENSE.txt')}*/\n{_text('page/uPlot.iife.min.js')}"
    program = "\n".join(['"use strict";', "const modules = {};", *map(_module, _MODULES)])
    style = "\n".join(map(_text, _STYLES))
    page = _text("report/report.html")
    for place, text in {
        "{{policy}}": escape(_policy([library, program], [style])),
        "{{style}}": style,
        "{{texts}}": _inert(json.dumps(texts(), ensure_ascii=False)),
        "{{library}}": library,
        "{{program}}": program,
        # Last: what stands in a label is never taken for a place.
        "{{contents}}": _inert(msgspec.json.encode(contents).decode()),
    }.items():
        head, _, tail = page.partition(place)
        page = f"{head}{text}{tail}"
    return page


def texts() -> dict[str, dict[str, str]]:
    """The words of the pages by language and key."""
    folder = files("service.exposition") / "page"
    return {
        name[1]: json.loads(entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if (name := _TEXTS.fullmatch(entry.name))
    }


def _text(name: str) -> str:
    return (files("service.exposition") / name).read_text("utf-8")


def _module(name: str) -> str:
    """A module of the live page as a value: a file that is opened from disk cannot import."""
    source = _text(name)
    exported = ", ".join(_EXPORT.findall(source))
    source = _EXPORT.sub("", _IMPORT.sub(_required, source))
    own = name.rpartition("/")[2]
    return f'modules["{own}"] = (() => {{\n{source}\nreturn {{ {exported} }};\n}})();'


def _required(match: re.Match[str]) -> str:
    return f'const {{{match[1].replace(" as ", ": ")}}} = modules["{match[2]}"];'


def _inert(data: str) -> str:
    """JSON that cannot end the element it stands in."""
    return data.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def _policy(scripts: list[str], styles: list[str]) -> str:
    def allowed(texts: list[str]) -> str:
        digests = (b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
        return " ".join(f"'sha256-{digest}'" for digest in digests)

    return (
        f"default-src 'none'; script-src {allowed(scripts)}; style-src {allowed(styles)};"
        " base-uri 'none'; form-action 'none'"
    )
