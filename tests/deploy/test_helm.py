"""The Helm chart, rendered by the real helm: what it makes, and that it is what kustomize makes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate import validate  # type: ignore[import-untyped]

from service.settings import load_settings
from service.version import VERSION
from tests.patience import PATIENCE_S

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "contact-metrics"
KUSTOMIZE = DEPLOY / "kubernetes"
RULES = DEPLOY / "prometheus" / "rules"
#: Of these Kubernetes itself knows the schema.
CORE = {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "ConfigMap"}
#: The chart's parts, and the folder that kustomize has for each.
PARTS = {
    "contact-metrics": "base",
    "contact-metrics-map": "map",
    "contact-metrics-receive": "receive",
}
WHOLE = (
    *("--set", "map.enabled=true,receive.enabled=true,autoscaling.enabled=true"),
    *("--set", "monitor.kind=ServiceMonitor,prometheusRule.enabled=true"),
    *("--set", "receive.secretMounts[0].secret=contact-metrics-webhooks"),
    *("--set", "receive.secretMounts[0].path=/etc/webhook-secrets"),
    *("--set-file", f"config={KUSTOMIZE}/base/contact-metrics.toml"),
    *("--set-file", f"map.config={KUSTOMIZE}/map/contact-metrics.toml"),
    *("--set-file", f"receive.config={KUSTOMIZE}/receive/contact-metrics.toml"),
    *("--set-file", f"prometheusRule.files.alerts={RULES}/alerts.yml"),
    *("--set-file", f"prometheusRule.files.totals={RULES}/totals.yml"),
)
pytestmark = pytest.mark.helm

Resources = dict[tuple[str, str], dict[str, Any]]


def _helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["helm", *arguments, "--kube-version", "1.31.0"]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)


def _rendered(*values: str) -> Resources:
    """By kind and name."""
    done = _helm("template", "contact-metrics", str(CHART), "--namespace", "cx", *values)
    assert done.returncode == 0, done.stderr
    made = [it for it in yaml.safe_load_all(done.stdout) if it]
    return {(it["kind"], it["metadata"]["name"]): it for it in made}


def _refused(*values: str) -> str:
    done = _helm("template", "contact-metrics", str(CHART), *values)
    assert done.returncode != 0, done.stdout
    return done.stderr


def _toml(folder: Path, text: str) -> tuple[str, str]:
    path = folder / "contact-metrics.toml"
    path.write_text(text, "utf-8")
    return ("--set-file", f"config={path}")


@pytest.fixture(scope="module")
def whole() -> Resources:
    return _rendered(*WHOLE)


@pytest.mark.parametrize("values", [(), WHOLE], ids=["defaults", "whole"])
def test_helm_finds_nothing_wrong(values: tuple[str, ...]) -> None:
    done = _helm("lint", "--strict", str(CHART), *values)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "values",
    [
        (),
        WHOLE,
        ("--set", "image.digest=sha256:" + "0" * 64, "--set", "replicas=3"),
        (
            *("--set", "secretMounts[0].secret=kafka,secretMounts[0].path=/run/secrets/kafka"),
            *("--set", "nodeSelector.disk=fast,podAnnotations.a=b"),
            *("--set-json", 'tolerations=[{"key":"a","operator":"Exists"}]'),
        ),
    ],
    ids=["defaults", "whole", "digest", "pods"],
)
def test_kubernetes_accepts_what_is_rendered(values: tuple[str, ...]) -> None:
    for (kind, _), resource in _rendered(*values).items():
        if kind in CORE:
            validate(resource, "1.31", strict=True)


def test_the_chart_installs_the_version_that_it_comes_with() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["appVersion"] == chart["version"] == VERSION
    pod = _rendered()["Deployment", "contact-metrics"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == f"registry.example/contact-metrics:{VERSION}"


def test_with_the_defaults_there_are_the_workers_and_nothing_that_needs_an_operator() -> None:
    assert set(_rendered()) == {(kind, "contact-metrics") for kind in CORE}


def test_every_selector_meets_the_pods_of_its_part_alone(whole: Resources) -> None:
    labels = {
        name: whole["Deployment", name]["spec"]["template"]["metadata"]["labels"] for name in PARTS
    }
    for (kind, name), resource in whole.items():
        spec = resource.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector")
        if selector is None:
            continue
        wanted = selector if kind == "Service" else selector["matchLabels"]
        assert [part for part, has in labels.items() if wanted.items() <= has.items()] == [name]


def _of_kustomize(kind: str, name: str) -> dict[str, Any]:
    file = KUSTOMIZE / PARTS[name] / f"{kind.lower()}.yaml"
    read: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return read


def _without_names(value: Any) -> Any:
    """Without what a release gives names and labels to."""
    left_out = {"labels", "matchLabels", "selector", "image", "annotations"}
    if isinstance(value, dict):
        return {key: _without_names(it) for key, it in value.items() if key not in left_out}
    return [_without_names(it) for it in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize(
    "kind", ["Deployment", "Service", "PodDisruptionBudget", "ServiceMonitor", "NetworkPolicy"]
)
def test_helm_and_kustomize_make_the_same(whole: Resources, kind: str, name: str) -> None:
    mine, theirs = (
        _without_names(it["spec"]) for it in (whole[kind, name], _of_kustomize(kind, name))
    )
    if kind == "Deployment":
        for spec in (mine, theirs):
            _usual(spec)
    if kind == "ServiceMonitor":
        assert [it.pop("scheme") for it in mine["endpoints"]] == ["http"]
    if kind == "NetworkPolicy":
        # Whose namespaces: by labels, which are left out above.
        for resource in (whole[kind, name], _of_kustomize(kind, name)):
            own = resource["spec"]["podSelector"]
            asking = [peer for rule in resource["spec"]["ingress"] for peer in rule["from"]]
            spaces = [it["namespaceSelector"] for it in asking if "namespaceSelector" in it]
            assert spaces[-1]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
            assert all(it["podSelector"] == own for it in asking if "podSelector" in it)
    assert mine == theirs


def _usual(spec: dict[str, Any]) -> None:
    """The scheme that Kubernetes takes if none is told, and names of volumes by their order."""
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        container[probe]["httpGet"].setdefault("scheme", "HTTP")
    for mounted in (pod["volumes"], container["volumeMounts"]):
        for number, it in enumerate(mounted):
            it["name"] = str(number)


def test_helm_and_kustomize_scale_alike(whole: Resources) -> None:
    assert (
        whole["ScaledObject", "contact-metrics"]["spec"]
        == _of_kustomize("ScaledObject", "contact-metrics")["spec"]
    )


def test_the_configuration_is_what_was_given_and_another_one_is_another_pod(
    whole: Resources, tmp_path: Path
) -> None:
    for name, folder in PARTS.items():
        given = (KUSTOMIZE / folder / "contact-metrics.toml").read_text("utf-8")
        told = whole["ConfigMap", name]["data"]["contact-metrics.toml"]
        assert told.splitlines() == given.splitlines()
    pods = [
        _rendered(*_toml(tmp_path, f"[kafka]\ngroup = '{group}'\n"))[
            "Deployment", "contact-metrics"
        ]
        for group in "ab"
    ]
    checksums = {
        pod["spec"]["template"]["metadata"]["annotations"]["checksum/config"] for pod in pods
    }
    assert len(checksums) == 2


def test_ports_schemes_and_scaling_follow_the_toml(tmp_path: Path) -> None:
    text = (
        "[kafka]\nbootstrap_servers = ['a:1', 'b:2']\ngroup = 'g'\n"
        "[topics]\ncontact_started = 's'\n"
        f"[http]\nport = 9105\ntls_cert_file = '{tmp_path}/tls.pem'\n"
    )
    made = _rendered(
        *_toml(tmp_path, text), "--set", "monitor.kind=PodMonitor,autoscaling.enabled=true"
    )
    settings = load_settings(tmp_path / "contact-metrics.toml")
    [container] = made["Deployment", "contact-metrics"]["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": settings.http.port}]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["scheme"] == "HTTPS"
    assert made["Service", "contact-metrics"]["spec"]["ports"][0]["port"] == settings.http.port
    [endpoint] = made["PodMonitor", "contact-metrics"]["spec"]["podMetricsEndpoints"]
    assert endpoint["scheme"] == "https"
    triggers = made["ScaledObject", "contact-metrics"]["spec"]["triggers"]
    told = [trigger["metadata"] for trigger in triggers]
    assert {it["bootstrapServers"] for it in told} == {"a:1,b:2"}
    assert {it["consumerGroup"] for it in told} == {settings.kafka.group}
    assert [it["topic"] for it in told] == [
        settings.topics.contact_started,
        settings.topics.contact_resolved,
    ]


def test_what_the_toml_leaves_out_is_what_the_service_takes(tmp_path: Path) -> None:
    made = _rendered(
        *_toml(tmp_path, "[log]\nformat = 'json'\n"), "--set", "autoscaling.enabled=true"
    )
    settings = load_settings(tmp_path / "contact-metrics.toml")
    assert made["Service", "contact-metrics"]["spec"]["ports"][0]["port"] == settings.http.port
    for trigger, topic in zip(
        made["ScaledObject", "contact-metrics"]["spec"]["triggers"],
        (settings.topics.contact_started, settings.topics.contact_resolved),
        strict=True,
    ):
        assert trigger["metadata"]["topic"] == topic
        assert trigger["metadata"]["consumerGroup"] == settings.kafka.group
        assert trigger["metadata"]["bootstrapServers"] == ",".join(settings.kafka.bootstrap_servers)


def test_secrets_are_files_of_all_parts_and_of_one() -> None:
    made = _rendered(
        *WHOLE, "--set", "secretMounts[0].secret=kafka,secretMounts[0].path=/run/secrets/kafka"
    )
    mounted = {}
    for name in PARTS:
        pod = made["Deployment", name]["spec"]["template"]["spec"]
        secrets = {
            it["name"]: it["secret"]["secretName"] for it in pod["volumes"] if "secret" in it
        }
        [container] = pod["containers"]
        paths = {it["name"]: it["mountPath"] for it in container["volumeMounts"]}
        mounted[name] = {secret: paths[volume] for volume, secret in secrets.items()}
    kafka = {"kafka": "/run/secrets/kafka"}
    assert mounted == {
        "contact-metrics": kafka,
        "contact-metrics-map": kafka,
        "contact-metrics-receive": {**kafka, "contact-metrics-webhooks": "/etc/webhook-secrets"},
    }


def test_the_rules_are_those_that_the_command_wrote(whole: Resources) -> None:
    for name in ("alerts", "totals"):
        made = whole["PrometheusRule", f"contact-metrics-{name}"]["spec"]
        assert made == yaml.safe_load((RULES / f"{name}.yml").read_text("utf-8"))


def test_a_release_of_another_name_keeps_apart() -> None:
    done = _helm("template", "berlin", str(CHART))
    names = {it["metadata"]["name"] for it in yaml.safe_load_all(done.stdout)}
    assert names == {"berlin-contact-metrics"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("--set", "map.enabled=true"), "map.config: contact-metrics.toml is missing"),
        (("--set", "config=[http"), "config is not valid TOML"),
        (("--set", "prometheusRule.enabled=true"), "contact-metrics rules"),
        (("--set", "replica=3"), "replica"),
        (("--set", "monitor.kind=Service"), "monitor"),
        (("--set", "image.digest=latest"), "digest"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(values: tuple[str, ...], said: str) -> None:
    assert said in _refused(*values)


def test_a_server_of_the_pod_alone_is_refused(tmp_path: Path) -> None:
    told = _refused(*_toml(tmp_path, "[http]\nhost = '127.0.0.1'\n"))
    assert "http.host is of the pod alone" in told
