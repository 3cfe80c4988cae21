#!/usr/bin/env bash
# Check the workflows, the containers, the citation and the scripts, with each tool that is installed; a missing one is named.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
status=0
check() {
  command -v "$1" > /dev/null || { echo "not installed, not run: $1"; return; }
  echo "$*"
  "$@" || status=1
}
check actionlint .github/workflows/*.yml
check zizmor --offline --no-progress .github/workflows
check hadolint containers/Dockerfile
check cffconvert --validate -i CITATION.cff
check shellcheck tools/release/*.sh containers/*.sh .ci/run
exit $status
