"""Writes deploy/grafana/dashboards/*.json: `python -m deploy.grafana.build`."""

from __future__ import annotations

from pathlib import Path

from deploy.grafana.agents import AGENTS
from deploy.grafana.document import dashboard_json
from deploy.grafana.error_budget import ERROR_BUDGET
from deploy.grafana.pipeline import PIPELINE
from deploy.grafana.quality import QUALITY
from deploy.grafana.root_causes import ROOT_CAUSES
from deploy.grafana.service_today import TODAY
from deploy.grafana.team_leads_day import TEAM_LEADS_DAY
from deploy.grafana.teams import TEAMS

FOLDER = Path(__file__).parent / "dashboards"
DASHBOARDS = (TODAY, TEAM_LEADS_DAY, TEAMS, ROOT_CAUSES, AGENTS, QUALITY, ERROR_BUDGET, PIPELINE)


def files() -> dict[str, str]:
    """File name -> text."""
    every = {dashboard.uid: dashboard for dashboard in DASHBOARDS}
    return {f"{uid}.json": dashboard_json(dashboard, every) for uid, dashboard in every.items()}


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, "utf-8")
