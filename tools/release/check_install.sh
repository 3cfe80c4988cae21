#!/usr/bin/env bash
# Install a wheel or an sdist in new environments outside the repository, strip the demo's head, and state size and time.
#
#   tools/release/check_install.sh FILE [PYTHON ...]     by default python3
#
# Needs uv. RESOLUTION=lowest-direct takes the oldest versions of the packages that deskull names. TESTS=FOLDER, an unpacked
# sdist, also runs the tests of the core there, without PyTorch and the extras.
set -euo pipefail
file="$(realpath "$1")"
project="$(realpath "$(dirname "$0")/../../pyproject.toml")"
shift
[ $# -gt 0 ] || set -- python3
# Beside a wheel, wheels alone: an old version without one would be built with compilers that users do not have.
options=()
[[ "$file" != *.whl ]] || options=(--only-binary :all:)
# The packages that deskull names are asked for by name, or their oldest versions would not be taken.
[ -z "${RESOLUTION:-}" ] || options+=(--resolution "$RESOLUTION" -r "$project")
core=(tests/test_*.py tests/formats tests/preprocessing tests/models tests/quality tests/batch tests/options)
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
for python in "$@"; do
  here="$work/$(basename "$python")"
  uv venv --quiet --python "$python" "$here"
  uv pip install --quiet --python "$here/bin/python" "${options[@]}" "$file"
  size="$(du -sm "$here" | cut -f1)"
  cd "$work"
  "$here/bin/deskull" demo -o "$here/demo" > "$here/log" 2>&1 || { cat "$here/log"; exit 1; }
  [ -s "$here/demo/head_brainmask.nii.gz" ]
  start="$(date +%s%N)"
  "$here/bin/deskull" strip "$here/demo/head.nii.gz" -o "$here/out"
  echo "$("$here/bin/python" -V), $("$here/bin/deskull" --version): $size MB," \
    "$((($(date +%s%N) - start) / 1000000)) ms for the demo's head; $(du -sm "$here/lib" | cut -f1) MB after a run"
  uv pip list --python "$here/bin/python" | awk 'NR > 2 {printf "%s %s  ", $1, $2} END {print ""}'
  if [ -n "${TESTS:-}" ]; then
    uv pip install --quiet --python "$here/bin/python" pytest pytest-xdist hypothesis pynrrd
    (cd "$TESTS" && "$here/bin/python" -m pytest -p no:cacheprovider -n auto --dist loadfile "${core[@]}")
  fi
done
