"""What is known of the packages that the image is made of."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FLAW = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
FINE = {"name": "fine", "version": "1.0", "vulns": []}
FLAWED = {"name": "flawed", "version": "1.0", "vulns": [FLAW]}
UNKNOWN = {"name": "unknown", "skip_reason": "not found on the index"}


def _verdict(*dependencies: dict[str, Any]) -> tuple[int, str]:
    verdict = runpy.run_path(str(ROOT / ".ci" / "audit.py"))["verdict"]
    code, said = verdict({"dependencies": list(dependencies), "fixes": []})
    return code, "\n".join(said)


@pytest.mark.parametrize(
    ("dependencies", "code", "said"),
    [
        ([FINE], 0, "1 of 1 dependencies audited"),
        ([FINE, FLAWED], 1, "flawed 1.0: PYSEC-1, mended in 2.0"),
        ([FINE, UNKNOWN], 0, "NOT AUDITED: 1, the first because: not found on the index"),
        ([UNKNOWN, FLAWED], 1, "1 of 2 dependencies audited"),
    ],
)
def test_an_audit_fails_for_what_is_known_and_tells_what_is_not(
    dependencies: list[dict[str, Any]], code: int, said: str
) -> None:
    found, told = _verdict(*dependencies)
    assert found == code
    assert said in told


def test_the_bill_of_materials_has_each_locked_package_with_all_its_hashes(tmp_path: Path) -> None:
    bill = tmp_path / "bill.cdx.json"
    done = subprocess.run(
        ["make", "--silent", "sbom", f"SBOM={bill}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads(bill.read_text("utf-8"))
    assert made["metadata"]["component"]["name"] == "contact-metrics"
    listed = {
        (it["name"], it["version"]): {
            told["content"] for place in it["externalReferences"] for told in place["hashes"]
        }
        for it in made["components"]
    }
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pins = re.findall(r"(?m)^([\w.-]+)==(\S+)((?:.*\\\n)*.*--hash.*)", lock)
    assert len(pins) > 40
    assert listed == {
        (name, version): set(re.findall(r"sha256:([0-9a-f]{64})", hashes))
        for name, version, hashes in pins
    }
