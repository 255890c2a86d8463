"""The image, the composition and the Kubernetes resources fit together and to the service."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate import validate  # type: ignore[import-untyped]
from typer.testing import CliRunner

from service.cli.app import app
from service.definitions import HOUR, Definitions
from service.settings import load_settings
from service.settings.feed_groups import feed_mapper
from service.simulate.profiles import SOCIAL_QUEUE
from service.simulate.rhythm import OFFICE_CLOSES, OFFICE_OPENS

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy" / "kubernetes" / "base"
NAME = {"app.kubernetes.io/name": "contact-metrics"}
#: Of these Kubernetes itself knows the schema.
CORE = ("deployment", "service", "poddisruptionbudget", "networkpolicy")


def _yaml(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return read


def _resource(name: str) -> dict[str, Any]:
    return _yaml(BASE / f"{name}.yaml")


MAP = ROOT / "deploy" / "kubernetes" / "map"


@pytest.mark.parametrize("name", CORE)
def test_kubernetes_accepts_the_mapping_stage(name: str) -> None:
    validate(_yaml(MAP / f"{name}.yaml"), "1.31", strict=True)


def test_the_mapping_stage_is_what_its_selectors_and_its_configuration_say() -> None:
    files = {path.name for path in MAP.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(_yaml(MAP / "kustomization.yaml")["resources"]) == files
    labels = {"app.kubernetes.io/name": "contact-metrics-map"}
    spec = _yaml(MAP / "deployment.yaml")["spec"]
    assert spec["template"]["metadata"]["labels"] == spec["selector"]["matchLabels"] == labels
    assert _yaml(MAP / "service.yaml")["spec"]["selector"] == labels
    for name in ("servicemonitor", "poddisruptionbudget"):
        assert _yaml(MAP / f"{name}.yaml")["spec"]["selector"]["matchLabels"] == labels
    assert _yaml(MAP / "networkpolicy.yaml")["spec"]["podSelector"]["matchLabels"] == labels
    [container] = spec["template"]["spec"]["containers"]
    assert container["args"][0] == "map"
    assert container["securityContext"]["readOnlyRootFilesystem"]
    settings = load_settings(MAP / "contact-metrics.toml")
    assert container["ports"] == [{"name": "http", "containerPort": settings.http.port}]
    assert feed_mapper(settings).topics == {"helpdesk"}


def test_the_composition_maps_by_the_feeds_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = _yaml(ROOT / "deploy" / "compose.map.yaml")["services"]["map"]
    of_all = _yaml(ROOT / "deploy" / "compose.yaml")["services"]["simulator"]["environment"]
    for name, value in {**of_all, **stage["environment"]}.items():
        monkeypatch.setenv(name, value)
    assert stage["command"] == ["map"]
    assert stage["environment"]["CONTACT_METRICS_CONFIG"] == "/etc/contact-metrics/map.toml"
    assert stage["volumes"] == ["./map.toml:/etc/contact-metrics/map.toml:ro"]
    settings = load_settings(ROOT / "deploy" / "map.toml")
    emitted = {feed.definition.emit for feed in feed_mapper(settings).feeds}
    assert emitted <= settings.event_topics().keys()
    jobs = _yaml(ROOT / "deploy" / "prometheus" / "prometheus.yml")["scrape_configs"]
    assert ["map"] in [job["dns_sd_configs"][0]["names"] for job in jobs]


def test_hadolint_finds_nothing_wrong() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_health_check_of_the_image_is_a_command_that_follows_the_configuration() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    [asked] = re.findall(r"(?s)HEALTHCHECK .*?CMD (\[.*?\])", text)
    assert json.loads(asked) == ["contact-metrics", "health"]
    done = CliRunner().invoke(app, ["health", "--help"])
    assert done.exit_code == 0


@pytest.mark.parametrize("name", CORE)
def test_kubernetes_accepts(name: str) -> None:
    validate(_resource(name), "1.31", strict=True)


def test_kustomization_names_every_resource() -> None:
    files = {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(_resource("kustomization")["resources"]) == files


def test_every_selector_meets_the_pods() -> None:
    deployment, service = _resource("deployment")["spec"], _resource("service")
    assert deployment["template"]["metadata"]["labels"] == NAME
    assert deployment["selector"]["matchLabels"] == NAME
    assert service["spec"]["selector"] == NAME
    assert service["metadata"]["labels"] == NAME
    assert _resource("servicemonitor")["spec"]["selector"]["matchLabels"] == NAME
    assert _resource("poddisruptionbudget")["spec"]["selector"]["matchLabels"] == NAME
    assert _resource("networkpolicy")["spec"]["podSelector"]["matchLabels"] == NAME


def test_scaling_is_by_the_configured_group_and_topics_up_to_the_partitions() -> None:
    settings = load_settings(BASE / "contact-metrics.toml")
    spec = _resource("scaledobject")["spec"]
    assert spec["scaleTargetRef"]["name"] == _resource("deployment")["metadata"]["name"]
    assert spec["maxReplicaCount"] <= settings.kafka.partitions
    for trigger in spec["triggers"]:
        told = trigger["metadata"]
        assert all(isinstance(value, str) for value in told.values())
        assert told["consumerGroup"] == settings.kafka.group
        assert told["bootstrapServers"] == ",".join(settings.kafka.bootstrap_servers)
        assert told["topic"] in {settings.topics.contact_started, settings.topics.contact_resolved}


def test_probes_and_the_port_are_the_services_own() -> None:
    container = _resource("deployment")["spec"]["template"]["spec"]["containers"][0]
    settings = load_settings(BASE / "contact-metrics.toml")
    assert container["ports"] == [{"name": "http", "containerPort": settings.http.port}]
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert _resource("service")["spec"]["ports"][0]["port"] == settings.http.port


def test_the_container_can_do_no_more_than_it_must() -> None:
    pod = _resource("deployment")["spec"]["template"]["spec"]
    container = pod["containers"][0]["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["readOnlyRootFilesystem"]
    assert container["capabilities"]["drop"] == ["ALL"]
    assert not container["allowPrivilegeEscalation"]
    for name in ("service", "simulator"):
        service = _yaml(ROOT / "deploy" / "compose.yaml")["services"][name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]


def test_the_composition_only_sets_settings_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    compose = _yaml(ROOT / "deploy" / "compose.yaml")
    for name, value in compose["services"]["service"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = load_settings(None)
    assert settings.kafka.bootstrap_servers == ["kafka:9092"]
    assert settings.http.host == "0.0.0.0"
    # The shipped rules are of the default targets, and the office is the simulated centre's.
    definitions, usual = settings.definitions(), Definitions()
    for channel in (*usual.sla.by_channel, "other"):
        assert definitions.sla.targets(channel, None) == usual.sla.targets(channel, None)
    calendars = {channel: definitions.calendar(channel, None) for channel in usual.sla.by_channel}
    assert calendars == {"voice": None, "chat": None, "email": "office", "social": None}
    assert definitions.calendar("social", SOCIAL_QUEUE) == "office"
    hours = (OFFICE_OPENS * HOUR, OFFICE_CLOSES * HOUR)
    assert definitions.calendars["office"].hours == (*[(hours,)] * 5, (), ())


def test_prometheus_reads_the_rules_and_finds_the_workers_of_the_composition() -> None:
    compose = _yaml(ROOT / "deploy" / "compose.yaml")
    config = _yaml(ROOT / "deploy" / "prometheus" / "prometheus.yml")
    assert "./prometheus:/etc/prometheus:ro" in compose["services"]["prometheus"]["volumes"]
    assert config["rule_files"] == ["rules/*.yml"]
    assert config["scrape_configs"][0]["dns_sd_configs"][0]["names"] == ["service"]
    assert compose["services"]["service"]["deploy"]["replicas"] == 2


@pytest.mark.prometheus
@pytest.mark.parametrize("name", ["prometheus.yml", "local.yml"])
def test_promtool_accepts_the_configuration(name: str) -> None:
    config = ROOT / "deploy" / "prometheus" / name
    done = subprocess.run(["promtool", "check", "config", config], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_image_is_pinned() -> None:
    services = _yaml(ROOT / "deploy" / "compose.yaml")["services"]
    images = [service["image"] for service in services.values()]
    assert all(image.count(":") == 1 and not image.endswith(":latest") for image in images)
