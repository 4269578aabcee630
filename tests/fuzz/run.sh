#!/usr/bin/env bash
# Runs every fuzz target for SECONDS each (default 60), or only the TARGETs named.
# usage: tests/fuzz/run.sh [SECONDS] [TARGET...]        for example: tests/fuzz/run.sh 600 fuzz_tar
# New inputs are kept in build/fuzz/corpus. A crash is left in build/fuzz/crashes, and the exit code
# is 1: mend it, then store the file under tests/fuzz/seeds/THING.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true

cmake --preset fuzz
cmake --build --preset fuzz --target fuzz_targets
fuzz=build/fuzz/fuzz
if [ $# -eq 0 ]; then
  for list in "$fuzz"/*.seeds; do set -- "$@" "$(basename "$list" .seeds)"; done
fi

failed=()
for target in "$@"; do
  mkdir -p "build/fuzz/corpus/$target" "build/fuzz/crashes/$target"
  mapfile -t seeds < "$fuzz/$target.seeds"
  echo "== $target for $seconds s"
  "$fuzz/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -verbosity=0 -artifact_prefix="build/fuzz/crashes/$target/" \
    "build/fuzz/corpus/$target" "${seeds[@]}" || failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]} (inputs in build/fuzz/crashes)"
  exit 1
fi
echo "no target failed"
