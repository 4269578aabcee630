#!/usr/bin/env bash
# Compiles every file by itself: the presets join those of a folder, which hides an include that one of them lacks.
# usage: tests/build_alone.sh
set -euo pipefail
cd "$(dirname "$0")/.."

tests/install_packages.sh tests
launcher=()
if command -v ccache > /dev/null; then
  launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
cmake --preset dev -B build/alone -DCMAKE_UNITY_BUILD=OFF -DSTOKER_BUILD_TESTS=OFF "${launcher[@]}"
ninja -C build/alone
