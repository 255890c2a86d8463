"""What `--help` prints is what was written for it."""

from __future__ import annotations

import re

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from service.cli.app import app

_program = get_command(app)
assert isinstance(_program, TyperGroup)
_COMMANDS = _program.commands


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_every_word_of_an_options_help_is_printed(name: str) -> None:
    printed = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "4000"}).output
    words = re.sub(r"[\s│]+", " ", printed)
    for option in _COMMANDS[name].params:
        help_ = getattr(option, "help", None)
        if help_ and not getattr(option, "hidden", False):
            assert re.sub(r"\s+", " ", help_) in words, f"{option.name}: markup ate some of it"
