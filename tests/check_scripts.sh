#!/usr/bin/env bash
# Every shell script of the project, under shellcheck.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t scripts < <(git grep -lE '^#!.*\b(ba)?sh$' -- '*.sh' '.ci/*')
shellcheck "${scripts[@]}"
echo "${#scripts[@]} scripts have no complaint"
