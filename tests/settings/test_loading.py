"""One file and the environment: what wins, and what the domain is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from service.definitions import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Definitions,
    RepeatWindow,
    Targets,
    Window,
)
from service.settings import load_settings

Write = Callable[[str], Path]


def definitions(path: Path | None = None) -> Definitions:
    return load_settings(path).definitions()


def test_without_any_setting_the_definitions_are_the_defaults() -> None:
    assert definitions() == Definitions()


def test_contact_metrics_toml_in_the_working_directory_is_read(tmp_path: Path) -> None:
    (tmp_path / "contact-metrics.toml").write_text("max_label_values = 7\n")
    assert definitions().max_label_values == 7


def test_a_file_that_is_named_is_read_instead(tmp_path: Path, write: Write) -> None:
    (tmp_path / "contact-metrics.toml").write_text("max_label_values = 7\n")
    assert definitions(write("max_label_values = 8\n")).max_label_values == 8


def test_the_environment_wins_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write('[kafka]\ngroup = "file"\nbootstrap_servers = ["file:1"]\n')
    monkeypatch.setenv("CONTACT_METRICS_KAFKA__GROUP", "environment")
    kafka = load_settings(path).kafka
    assert (kafka.group, kafka.bootstrap_servers) == ("environment", ["file:1"])


def test_windows_are_a_table_of_length_and_step(write: Write) -> None:
    given = definitions(write('windows = { "10m" = "30s", "12h" = "10m" }\n')).windows
    assert given == (
        Window("10m", 10 * MINUTE, 30 * SECOND),
        Window("12h", 12 * HOUR, 10 * MINUTE),
    )


def test_windows_are_equally_a_list_of_names_with_their_default_steps(write: Write) -> None:
    assert definitions(write('windows = ["1h", "24h"]\n')).windows == Definitions().windows[1:3]


def test_repeat_windows_are_named_by_their_length(write: Write) -> None:
    given = definitions(write('repeat_windows = ["30m", "3d"]\n')).repeat_windows
    assert given == (RepeatWindow("30m", 30 * MINUTE), RepeatWindow("3d", 3 * DAY))


def test_a_given_sla_replaces_the_default_table(write: Write) -> None:
    sla = definitions(write('[sla.voice]\nfirst_response = "30s"\n')).sla
    assert sla.targets("voice", None) == Targets(30 * SECOND, None)
    assert sla.targets("chat", None) == Targets(None, None)


def test_a_priority_has_targets_of_its_own_and_otherwise_the_channels(write: Write) -> None:
    sla = definitions(
        write(
            """
            [sla.default]
            resolution = "2d"
            [sla.voice]
            first_response = 20
            resolution = "4h"
            [sla.voice.priority.urgent]
            resolution = "1h"
            """
        )
    ).sla
    assert sla.targets("voice", "urgent") == Targets(20 * SECOND, HOUR)
    assert sla.targets("voice", "low") == Targets(20 * SECOND, 4 * HOUR)
    assert sla.targets("fax", "urgent") == Targets(None, 2 * DAY)


def test_every_sla_target_becomes_a_bound_of_its_histogram(write: Write) -> None:
    given = definitions(
        write(
            """
            first_response_buckets = [10, 60]
            resolution_buckets = ["1h"]
            [sla.voice]
            first_response = 33
            resolution = "3h"
            [sla.voice.priority.urgent]
            first_response = 7
            """
        )
    )
    assert given.first_response_buckets == tuple(n * SECOND for n in (7, 10, 33, 60))
    assert given.resolution_buckets == (HOUR, 3 * HOUR)


@pytest.mark.parametrize(
    ("variable", "value", "read"),
    [
        ("WINDOWS", "5m, 1h", lambda s: list(s.windows) == ["5m", "1h"]),
        ("WINDOWS", '{"10m": "30s"}', lambda s: s.windows == {"10m": 30 * SECOND}),
        ("REPEAT_WINDOWS", '["2h"]', lambda s: s.repeat_windows == ["2h"]),
        ("RESOLUTION_BUCKETS", "60, 1h", lambda s: s.resolution_buckets == [MINUTE, HOUR]),
        ("SLA__VOICE__RESOLUTION", "2h", lambda s: s.sla["voice"].resolution == 2 * HOUR),
        ("SLA", '{"chat": {"resolution": 60}}', lambda s: s.sla["chat"].resolution == MINUTE),
        (
            "ALLOWED_LABELS__QUEUE",
            "billing, sales",
            lambda s: s.definitions().allowed_labels == {"queue": {"billing", "sales"}},
        ),
        ("KAFKA__BOOTSTRAP_SERVERS", "a:1,b:2", lambda s: len(s.kafka.bootstrap_servers) == 2),
        ("HTTP__PORT", "9000", lambda s: s.http.port == 9000),
        ("CONTACT_RESPONDED", "true", lambda s: "contact-responded" in s.event_topics()),
    ],
)
def test_every_kind_of_setting_can_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, read: Callable[[object], bool]
) -> None:
    monkeypatch.setenv(f"CONTACT_METRICS_{variable}", value)
    assert read(load_settings())


def test_what_kubernetes_puts_into_the_environment_is_no_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_8000_TCP_ADDR"):
        monkeypatch.setenv(f"CONTACT_METRICS_{name}", "10.0.0.1")
    load_settings()
