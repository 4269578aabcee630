#!/usr/bin/env bash
# clang-tidy (.clang-tidy says which checks) over some sources, in little time: those that differ from
# where this branch left main, or where nothing does, and for the rest of the allowance, others in turn,
# so that every file has its day.
# usage: tests/check_tidy.sh [COUNT|all]     at most so many files, 24 by default
# trainer/ is left out: LibTorch's headers take a minute a file.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-24}

cmake --preset tidy > /dev/null  # for its compile commands
mapfile -t all < <(git ls-files 'libdata/*.cc' 'formats/*.cc' 'tools/*.cc' 'samples/*.cc')
base=
for main in origin/main main; do
  base=$(git merge-base HEAD "$main" 2> /dev/null) && break
done
changed=()
if [ -n "$base" ]; then
  # Of a changed header, the source of the same name.
  mapfile -t changed < <(git diff --name-only --diff-filter=d "$base" | sed 's/\.h$/.cc/' | sort -u |
    grep -Fxf <(printf '%s\n' "${all[@]}") || true)
fi
if [ "$count" = all ]; then
  files=("${all[@]}")
else
  turn=$((10#$(date +%j) * count % ${#all[@]}))
  mapfile -t files < <(printf '%s\n' "${changed[@]}" "${all[@]:turn}" "${all[@]:0:turn}" |
    awk 'NF && !seen[$0]++' | head -n "$count")
fi
echo "== clang-tidy over ${#files[@]} of ${#all[@]} sources (${#changed[@]} changed)"
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy -p build/tidy --quiet 2> >(grep -v 'warnings\? generated' >&2)
echo "== clang-tidy has no complaint"
