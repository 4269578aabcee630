#!/usr/bin/env bash
# Fails when a source file is not formatted as .clang-format says (clang-format 14, Debian 12's), or
# when a script with an interpreter line cannot be run as a command.
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
[ "$failed" -eq 0 ]
echo "all sources are formatted, all scripts can be run"
