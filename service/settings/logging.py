"""What is logged, and in which form."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from service.settings.section import Section


class Log(Section):
    """The log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="`debug` is the only level that may name contacts and customers.",
    )
    format: Literal["auto", "json", "text"] = Field(
        default="auto", description="`auto`: text on a terminal, JSON elsewhere."
    )
