#!/usr/bin/env bash
# Fails when a page under docs/ names a file of ours that does not exist: `folder/file.ending`.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
missing=0
while IFS=: read -r page path; do
  [ -e "$path" ] && continue
  echo "$page names $path, which is not there"
  missing=1
done < <(grep -roE '`(libdata|formats|tools|trainer|tests|samples|docs)/[A-Za-z0-9_./-]+\.(h|cc|md|sh)`' \
  docs CONTRIBUTING.md | grep -v NAME | tr -d '`' | sort -u)
[ "$missing" -eq 0 ] && echo "every file that docs/ names is there"
exit "$missing"
