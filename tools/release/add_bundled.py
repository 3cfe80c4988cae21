"""Add the JavaScript packages that are bundled into the pages to a CycloneDX bill of materials.

python tools/release/add_bundled.py SBOM LICENSES OUT
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any


def bundled(licences: str) -> list[dict[str, Any]]:
    """Return the components that a LICENSES.txt names: NiiVue with its version, and the packages inside it."""
    niivue = re.search(r"is NiiVue ([\d.]+):", licences)
    if not niivue:
        raise SystemExit("error: LICENSES.txt does not name NiiVue and its version.")
    names = re.findall(r"^(@?[a-z][\w./-]*):$", licences, re.MULTILINE)
    found = [{"name": "@niivue/niivue", "version": niivue[1], "purl": f"pkg:npm/%40niivue/niivue@{niivue[1]}"}]
    found += [{"name": name, "purl": f"pkg:npm/{name.replace('@', '%40')}"} for name in names]
    return [{"type": "library", "bom-ref": f"bundled:{one['name']}", **one} for one in found]


def main(sbom: Path, licences: Path, out: Path) -> None:
    """Write the bill of materials with the bundled packages."""
    content = json.loads(sbom.read_text())
    content["components"] = [*content.get("components", []), *bundled(licences.read_text())]
    out.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
