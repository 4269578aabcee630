#!/usr/bin/env bash
# Installs python/ into a fresh virtual environment, as a user would, and runs its tests. Needs pip's index;
# compiles libdata for the module in build/python-*, which a second run finds there.
# usage: tests/run_python.sh [BIN_FOLDER [PYTEST_ARGUMENT...]]
# 77: pip's index can't be reached.
#   BIN_FOLDER   whose programs pack the tests' data (default: build/dev/bin)
# PYTHON in the environment: which Python (default: Debian's, with whose torch the tests run where it is there).
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(realpath "${1:-build/dev/bin}")
shift || true
if [ ! -x "$bin/pack-imagenet" ]; then
  echo "no programs in $bin: build them first (tests/run.sh dev)" >&2
  exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${PYTHON:-/usr/bin/python3}" -m venv --system-site-packages "$work/venv"
if ! "$work/venv/bin/pip" download --quiet --no-deps --dest "$work" nanobind; then
  echo "what the package is built with can't be had here" >&2
  exit 77
fi
if command -v ccache > /dev/null; then
  export CMAKE_ARGS="${CMAKE_ARGS:-} -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache"
fi
"$work/venv/bin/pip" install --quiet './python[test]'
STOKER_BIN=$bin "$work/venv/bin/python" -m pytest python -p no:cacheprovider "$@"
