"""What is marked in every chart: alerts, and what was changed of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.dashboard import AnnotationQuery

from deploy.grafana.visuals import DATASOURCE

if TYPE_CHECKING:
    from service.alerting.rules import Area


class Mark(AnnotationQuery):
    """An annotation from Prometheus: the SDK's type does not know how one is called."""

    def __init__(self, name: str, colour: str, expr: str, title: str, *tags: str) -> None:
        super().__init__(name=name, datasource=DATASOURCE, icon_color=colour, expr=expr)
        self.title = title
        self.tags = tags

    def build(self) -> AnnotationQuery:
        """Itself: the SDK asks for builders."""
        return self

    def to_json(self) -> dict[str, object]:
        """As Grafana reads it."""
        told = {"titleFormat": self.title, "tagKeys": ",".join(self.tags), "step": "60s"}
        return super().to_json() | told


def new_value(info: str, label: str) -> str:
    """What marks the first minutes of a label's value that was not there within a day before, in a
    Prometheus that was."""
    return (
        f"count by ({label}) ({info})\n"
        f"unless count by ({label}) (last_over_time({info}[1d] offset 3m))\n"
        f"and on () count(last_over_time({info}[1d] offset 3m))"
    )


RELEASES = Mark(
    "Releases",
    "blue",
    new_value("cx_build_info", "version"),
    "Version {{version}}",
)
SETTINGS = Mark(
    "Settings",
    "purple",
    new_value("cx_pipeline_definitions_info", "digest"),
    "Numbers by other settings",
    "digest",
)


def alerts(area: Area) -> Mark:
    """The alerts of an area, for as long as each fires."""
    return Mark(
        "Alerts",
        "red",
        f'ALERTS{{alertname=~"Cx.+",alertstate="firing",area="{area}"}}',
        "{{alertname}}",
        *("severity", "channel", "queue", "target", "repeat_window", "topic", "partition"),
    )
