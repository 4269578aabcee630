#!/usr/bin/env bash
# Installs the packers and checkers from a build folder into an empty one and looks at what came: every
# program says the project's version and has its manual page and completion beside it. Where they were built
# with Arrow, they read Parquet there, by nothing that lies in the source tree.
# usage: tests/install/check_programs.sh BUILD_FOLDER VERSION
set -euo pipefail
build=$(realpath "$1")
version=$2
source=$(cd "$(dirname "$0")/../.." && pwd)
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

cmake --install "$build" --prefix "$prefix" --component programs > /dev/null
programs=0
for program in "$prefix"/bin/*; do
  name=$(basename "$program")
  said=$("$program" --version)
  [ "$said" = "$name (stoker) $version" ] || { echo "$name says $said"; exit 1; }
  zcat "$prefix/share/man/man1/$name.1.gz" | grep -q '^\.SH OPTIONS'
  bash -n "$prefix/share/bash-completion/completions/$name"
  grep -q "^complete -F .* $name\$" "$prefix/share/bash-completion/completions/$name"
  programs=$((programs + 1))
done
[ "$programs" -ge 6 ] || { echo "only $programs programs were installed"; exit 1; }
for document in LICENSE README.md CHANGELOG.md; do
  cmp "$source/$document" "$prefix/share/doc/stoker/$document"
done
cmake --install "$build" --prefix "$prefix" --component arrow > /dev/null
module=$(find "$prefix" -name stoker-arrow.so)
if [ -n "$module" ]; then
  if readelf -d "$module" | grep -F "$source"; then
    echo "stoker-arrow.so leans on the source tree"
    exit 1
  fi
  "$prefix/bin/convert-dataset" --quiet --input "$source/tests/golden/parquet/hub" --to stk \
    --output "$prefix/packed" > /dev/null
  "$prefix/bin/verify-dataset" "$prefix/packed" > /dev/null
fi
echo "$programs programs with their pages"
