"""A command whose options are refused in the words of its user."""

from __future__ import annotations

from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperCommand

from service.settings.words import in_words


class Command(TyperCommand):
    """Says of a value that is refused what is allowed, as settings do."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises typer.BadParameter."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            if isinstance(error.__cause__, ValidationError):
                [detail, *_] = error.__cause__.errors()
                error.message = in_words(detail, "", in_variable=False)
            raise
