"""Whatever happens, the process ends: in time, by itself, with an exit code that tells."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.cli.deadline import GRACE_SECONDS
from service.embedded_broker import EmbeddedBroker, free_port
from tests.brokers.fixtures import ON_APACHE_KAFKA
from tests.cli import sabotage
from tests.cli.program import Program, environment, running, wait_until_ready

pytestmark = pytest.mark.broker

_KINDS = (
    "CONTACT_STARTED",
    "CONTACT_RESOLVED",
    "SURVEY_ANSWERED",
    "CHANGELOG",
    "DEAD_LETTERS",
    "REGISTER",
)
#: A start that nothing is wrong with takes a few seconds on a busy machine.
_MARGIN = 30.0
_ERRORS = ("RuntimeError", "AssertionError", "OSError", "MemoryError", "KeyError", "hang")
#: How many starts that fail; a long run is CONTACT_METRICS_TEST_STARTS=200.
