#!/usr/bin/env bash
# Write what an installation of a wheel holds, with versions and licences, as CycloneDX: tools/release/sbom.sh FILE OUT.json
#
# Needs uv and cyclonedx-py (package cyclonedx-bom). The packages that are bundled into the pages are added from LICENSES.txt.
set -euo pipefail
file="$(realpath "$1")"
out="$(realpath -m "$2")"
here="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
uv venv --quiet "$work/env"
uv pip install --quiet --python "$work/env/bin/python" "$file"
cyclonedx-py environment --output-reproducible --output-format JSON --output-file "$work/sbom.json" "$work/env/bin/python"
find "$here/../../src" -name LICENSES.txt -exec python "$here/add_bundled.py" "$work/sbom.json" "$out" {} +
echo "$out: $(grep -c '"bom-ref"' "$out") components"
