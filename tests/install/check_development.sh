#!/usr/bin/env bash
# Installs libdata from a build folder into an empty one, builds a project outside the tree against it,
# and lets that open the golden data set (written by Python, see its generate.py).
# usage: tests/install/check_development.sh BUILD_FOLDER
set -euo pipefail
build=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" --component development > "$work/log"
cmake -G Ninja -S "$here/outside" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DSTOKER_HEADERS="$work/prefix/include/stoker" > "$work/log" || { cat "$work/log"; exit 1; }
cmake --build "$work/build" > "$work/log" || { cat "$work/log"; exit 1; }

"$work/build/open-dataset" "$here/../golden/shard_v1" > "$work/found"
printf '%s\n' 'a/hello 5' 'b/zeros 6' | diff - "$work/found"
echo "a project outside the tree opened the data set"
