#!/usr/bin/env bash
# Fails when a page under docs/ names a file of ours that does not exist (`folder/file.ending`), or when
# the change log does not begin with the version that CMakeLists.txt says.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
missing=0
# shellcheck disable=SC2016  # the backquotes are those of the pages
while IFS=: read -r page path; do
  [ -e "$path" ] && continue
  echo "$page names $path, which is not there"
  missing=1
done < <(grep -roE '`(libdata|formats|tools|trainer|tests|samples|docs)/[A-Za-z0-9_./-]+\.(h|cc|md|sh)`' \
  docs CONTRIBUTING.md | grep -v NAME | tr -d '`' | sort -u)
version=$(sed -n 's/^project(stoker VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
changes=$(grep -m 1 '^## ' CHANGELOG.md)
if [[ -z $version || "$changes " != "## $version"[,\ ]* ]]; then
  echo "CMakeLists.txt says version ${version:-(none)}, CHANGELOG.md begins with '$changes'"
  missing=1
fi
[ "$missing" -eq 0 ] && echo "every file that docs/ names is there"
exit "$missing"
