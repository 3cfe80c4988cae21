#!/usr/bin/env bash
# Build the wheel and the sdist of a commit twice, from two clones, and compare them byte by byte.
#
#   tools/release/build.sh [FOLDER]     the results; dist by default, which must not exist
#
# Needs git, uv and the Python packages build and twine. DESKULL_REPOSITORY, if set, is the address of the repository, which the
# metadata and the links of the README then state (see setup.py).
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(git -C "$here" rev-parse --show-toplevel)"
out="$(realpath -m "${1:-$root/dist}")"
[ ! -e "$out" ] || { echo "error: $out exists; delete it or name another folder." >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH="$(git -C "$root" log -1 --format=%ct)"
export SOURCE_DATE_EPOCH

build() {
  git clone --quiet "$root" "$work/$1"
  (cd "$work/$1" && python -m build --installer uv --sdist --outdir "$work/raw$1" . > "$work/log$1" 2>&1) || { cat "$work/log$1"; exit 1; }
  python "$here/normalise_sdist.py" "$work/raw$1"/*.tar.gz "$work/dist$1"
  # The wheel comes from the sdist, so that a build from what is published gives the same.
  mkdir "$work/unpacked$1"
  tar -xzf "$work/dist$1"/*.tar.gz -C "$work/unpacked$1" --strip-components 1
  (umask 022 && cd "$work/unpacked$1" && python -m build --installer uv --wheel --outdir "$work/dist$1" . > "$work/log$1" 2>&1) ||
    { cat "$work/log$1"; exit 1; }
}

build 1
sleep 2 # times of files that leaked into a result would differ now
build 2
for file in "$work"/dist1/*; do
  cmp "$file" "$work/dist2/$(basename "$file")"
done
python -m twine check --strict "$work"/dist1/*
mkdir -p "$out"
cp "$work"/dist1/* "$out"
cd "$out"
sha256sum -- *
