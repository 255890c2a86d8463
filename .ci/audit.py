"""Known vulnerabilities in locked dependencies, as far as the package index tells of any.

    python .ci/audit.py requirements.lock

Exit code 1: there are some. An index that tells nothing, as a mirror of packages alone, is no fault
of the change that is looked at: then it is said what was not audited, and why.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_PIP_AUDIT = Path(sys.executable).parent / "pip-audit"


def verdict(report: dict[str, Any]) -> tuple[int, list[str]]:
    """Exit code and what to say, of pip-audit's report in JSON."""
    every = report["dependencies"]
    skipped = [it for it in every if "skip_reason" in it]
    said = [
        f"{it['name']} {it['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for it in every
        for vulnerability in it.get("vulns", ())
    ]
    code = 1 if said else 0
    said.append(f"{len(every) - len(skipped)} of {len(every)} dependencies audited")
    if skipped:
        said.append(f"NOT AUDITED: {len(skipped)}, the first because: {skipped[0]['skip_reason']}")
    return code, said


def main(lock: str) -> int:
    """Audits the lock file; the exit code."""
    command = [_PIP_AUDIT, "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    done = subprocess.run(  # noqa: S603
        [*command, "--format", "json", "--requirement", lock],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        code, said = verdict(json.loads(done.stdout))
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or ["pip-audit said nothing"]
        code, said = 0, [f"NOT AUDITED: {last[0]}"]
    print("\n".join(said))  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
