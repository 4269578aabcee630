#!/usr/bin/env bash
# Installs what is missing, builds one preset (default: dev, assertions on, warnings are errors) and
# runs all of its tests.
# usage: tests/run.sh [PRESET]        PRESET: dev, release, asan or tsan
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-dev}

tests/install_packages.sh tests
launcher=()
if command -v ccache > /dev/null; then
  launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
echo "== building preset $preset in build/$preset"
cmake --preset "$preset" "${launcher[@]}"
cmake --build --preset "$preset"
echo "== running the tests of preset $preset"
ctest --preset "$preset" --parallel "$(nproc)"
