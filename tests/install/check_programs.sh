#!/usr/bin/env bash
# Installs the packers and checkers from a build folder into an empty one and looks at what came: every
# program says the project's version and has its manual page and completion beside it.
# usage: tests/install/check_programs.sh BUILD_FOLDER VERSION
set -euo pipefail
build=$(realpath "$1")
version=$2
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
  cmp "$(dirname "$0")/../../$document" "$prefix/share/doc/stoker/$document"
done
echo "$programs programs with their pages"
