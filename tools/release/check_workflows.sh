#!/usr/bin/env bash
# Check the workflows, the containers, the citation and the scripts. A tool that is missing is a failure, unless ALLOW_MISSING=1.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
status=0
check() {
  if ! command -v "$1" > /dev/null; then
    echo "not installed, not run: $1"
    [ "${ALLOW_MISSING:-0}" = 1 ] || status=1
    return
  fi
  echo "$*"
  "$@" || status=1
}
check actionlint .github/workflows/*.yml
check zizmor --offline --no-progress .github/workflows
check hadolint containers/Dockerfile
check cffconvert --validate -i CITATION.cff
check shellcheck tools/release/*.sh containers/*.sh .ci/run
exit $status
