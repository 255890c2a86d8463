"""The files that install `contact-metrics receive` fit together and to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate import validate  # type: ignore[import-untyped]

from service.settings import load_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
FOLDER = DEPLOY / "kubernetes" / "receive"
NAME = {"app.kubernetes.io/name": "contact-metrics-receive"}
CORE = ("deployment", "service", "poddisruptionbudget", "networkpolicy")


def _yaml(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return read


def _resource(name: str) -> dict[str, Any]:
    return _yaml(FOLDER / f"{name}.yaml")


def _configuration(folder: Path) -> Path:
    """That of the pods, with a secret where theirs is mounted."""
    (folder / "zendesk").write_text("secret")
    text = (FOLDER / "contact-metrics.toml").read_text("utf-8")
    file = folder / "contact-metrics.toml"
    file.write_text(text.replace("/etc/webhook-secrets", str(folder)))
    return file


@pytest.mark.parametrize("name", CORE)
def test_kubernetes_accepts(name: str) -> None:
    validate(_resource(name), "1.31", strict=True)


def test_kustomization_names_every_resource() -> None:
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(_resource("kustomization")["resources"]) == files


def test_every_selector_meets_the_pods() -> None:
    deployment = _resource("deployment")["spec"]
    assert deployment["template"]["metadata"]["labels"] == NAME
    assert deployment["selector"]["matchLabels"] == NAME
    assert _resource("service")["spec"]["selector"] == NAME
    for name in ("servicemonitor", "poddisruptionbudget"):
        assert _resource(name)["spec"]["selector"]["matchLabels"] == NAME
    assert _resource("networkpolicy")["spec"]["podSelector"]["matchLabels"] == NAME


def test_ports_and_secrets_are_those_of_the_configuration(tmp_path: Path) -> None:
    pod = _resource("deployment")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    settings = load_settings(_configuration(tmp_path))
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"webhooks": settings.receive.port, "http": settings.http.port}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == "http"
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts["secrets"] == "/etc/webhook-secrets"
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]


def test_the_composition_only_sets_settings_that_exist(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compose = _yaml(DEPLOY / "compose.receive.yaml")
    receive = compose["services"]["receive"]
    (tmp_path / "zendesk").write_text("secret")
    for name, value in receive["environment"].items():
        monkeypatch.setenv(name, value.replace("/run/secrets", str(tmp_path)))
    settings = load_settings(None)
    assert settings.receive.webhooks["zendesk"].secrets() == (b"secret",)
    assert receive["ports"] == [f"{settings.receive.port}:{settings.receive.port}"]
    assert receive["secrets"] == list(compose["secrets"])
    assert receive["read_only"]
    main = _yaml(DEPLOY / "compose.yaml")["services"]["service"]
    for shared in ("image", "cap_drop", "security_opt", "stop_grace_period", "depends_on"):
        assert receive[shared] == main[shared]
    jobs = _yaml(DEPLOY / "prometheus" / "prometheus.yml")["scrape_configs"]
    scraped = [(it["names"], it["port"]) for job in jobs for it in job["dns_sd_configs"]]
    assert (["receive"], settings.http.port) in scraped
