"""Writes deploy/grafana/dashboards/*.json: `python -m deploy.grafana.build`."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.grafana.document import dashboard_json
from deploy.grafana.error_budget import ERROR_BUDGET
from deploy.grafana.pipeline import PIPELINE
from deploy.grafana.root_causes import ROOT_CAUSES
from deploy.grafana.service_today import TODAY
from deploy.grafana.teams import TEAMS

FOLDER = Path(__file__).parent / "dashboards"
DASHBOARDS = (TODAY, TEAMS, ROOT_CAUSES, ERROR_BUDGET, PIPELINE)


def files() -> dict[str, str]:
    """File name -> text."""
    return {
        f"{dashboard.uid}.json": json.dumps(dashboard_json(dashboard), indent=1, ensure_ascii=False)
        + "\n"
        for dashboard in DASHBOARDS
    }


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, "utf-8")
