#!/usr/bin/env bash
# Fails when a source file is not formatted as .clang-format says (clang-format 14, Debian 12's), when
# one is named in no CMakeLists.txt (a test that nobody builds passes for ever), or when a script with
# an interpreter line cannot be run as a command.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.h' '*.cc' '*.cu' '*.cuh' | xargs clang-format --dry-run -Werror

failed=0
while read -r mode _ _ path; do
  if [ "$mode" = 100644 ] && [ "$(head -c 2 "$path" | tr -d '\0')" = '#!' ]; then
    echo "$path has an interpreter line but is not executable" >&2
    failed=1
  fi
done < <(git ls-files --stage -- '*.sh' '*.py' .ci samples)
built=$(git grep -hoE '[A-Za-z0-9_]+\.(cc|cu)' -- '*CMakeLists.txt' '*.cmake' | sort -u)
while read -r path; do
  grep -qxF "$(basename "$path")" <<< "$built" || {
    echo "$path is in no CMakeLists.txt" >&2
    failed=1
  }
done < <(git ls-files '*.cc' '*.cu')
[ "$failed" -eq 0 ]
echo "all sources are formatted and built, all scripts can be run"
