#!/usr/bin/env bash
# Runs every fuzz target for SECONDS each (default 60), or only the TARGETs named, as many at a time as
# there are cores.
# usage: tests/fuzz/run.sh [SECONDS] [TARGET...]        for example: tests/fuzz/run.sh 600 fuzz_tar
#   SEED   of the fuzzer, by default another every time
# New inputs are kept in build/fuzz/corpus. A crash is left in build/fuzz/crashes, and the exit code
# is 1: mend it, then store the file under tests/fuzz/seeds/THING.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true

cmake --preset fuzz > /dev/null
cmake --build --preset fuzz --target fuzz_targets
fuzz=build/fuzz/fuzz
if [ $# -eq 0 ]; then
  for list in "$fuzz"/*.seeds; do set -- "$@" "$(basename "$list" .seeds)"; done
fi

run_target() { # TARGET
  local target=$1 seeds
  mkdir -p "build/fuzz/corpus/$target" "build/fuzz/crashes/$target"
  mapfile -t seeds < "$fuzz/$target.seeds"
  if "$fuzz/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -verbosity=0 \
    -print_final_stats=1 -seed="${SEED:-0}" -artifact_prefix="build/fuzz/crashes/$target/" \
    "build/fuzz/corpus/$target" "${seeds[@]}" > "build/fuzz/$target.log" 2>&1; then
    echo "== $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$target.log") inputs in $seconds s"
  else
    echo "== $target failed (inputs in build/fuzz/crashes)"
    tail -n 40 "build/fuzz/$target.log"
    return 1
  fi
}
export -f run_target
export fuzz seconds
printf '%s\n' "$@" | xargs -P "$(nproc)" -I TARGET bash -euc 'run_target TARGET' || exit 1
echo "no target failed"
