"""Add the JavaScript packages that are bundled into the pages to a CycloneDX bill of materials.

python tools/release/add_bundled.py SBOM LICENSES OUT
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

#: A heading of a LICENSES.txt: NiiVue, or the name of a package, perhaps with its version and licence.
_HEADING = re.compile(
    r"^(?:niivue\.js is (?P<niivue>NiiVue) (?P<release>[\d.]+)"
    r"|(?P<name>@?[a-z][\w./-]*)(?: (?P<version>[\d.]+) \((?P<licence>.+)\))?):$",
    re.MULTILINE,
)


def bundled(licences: str) -> list[dict[str, Any]]:
    """Return the components that a LICENSES.txt names, with their versions and licences where it states them."""
    return [_component(**match.groupdict()) for match in _HEADING.finditer(licences)]


def _component(
    niivue: str | None, release: str | None, name: str | None, version: str | None, licence: str | None
) -> dict[str, Any]:
    """Return one component of a bill of materials."""
    name, version = ("@niivue/niivue", release) if niivue else (name or "", version)
    purl = f"pkg:npm/{name.replace('@', '%40')}" + (f"@{version}" if version else "")
    found: dict[str, Any] = {"type": "library", "bom-ref": f"bundled:{purl}", "name": name, "purl": purl}
    if version:
        found["version"] = version
    if licence:
        found["licenses"] = [{"expression": licence}]
    return found


def main(sbom: Path, out: Path, *licences: Path) -> None:
    """Write the bill of materials with the bundled packages, each once."""
    content = json.loads(sbom.read_text())
    found = {one["purl"]: one for path in licences for one in bundled(path.read_text())}
    content["components"] = [*content.get("components", []), *found.values()]
    out.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
