#!/usr/bin/env bash
# Installs what is missing, builds one preset (default: dev, assertions on, warnings are errors) and
# runs all of its tests.
# usage: tests/run.sh [PRESET [FOLDER...]]
#   PRESET   dev, release, asan, tsan or fuzz (clang's sanitizers)
#   FOLDER   build and run the tests of tests/FOLDER alone, for example: tests/run.sh tsan loader
# With TRAINER=OFF in the environment: without the trainer and LibTorch.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-dev}
shift || true
build=build/$preset

tests/install_packages.sh tests
launcher=()
if command -v ccache > /dev/null; then
  launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
echo "== building preset $preset in $build"
options=()
[ "${TRAINER:-ON}" = ON ] || options=(-DSTOKER_BUILD_TRAINER=OFF)
cmake --preset "$preset" "${launcher[@]}" "${options[@]}"
what=all labels=()
if [ $# -gt 0 ]; then
  printf -v what 'tests/%s/all ' "$@"
  labels=(--label-regex "^($(IFS='|' && echo "$*"))\$")
fi
# shellcheck disable=SC2086  # several targets
ninja -C "$build" $what
echo "== running the tests of preset $preset"
isolate=()
# ThreadSanitizer's memory map does not fit where addresses are randomised over more than 28 bits.
if [ "$preset" = tsan ] && setarch --addr-no-randomize true 2> /dev/null; then
  isolate=(setarch --addr-no-randomize)
fi
"${isolate[@]}" ctest --test-dir "$build" --output-on-failure --parallel "$(nproc)" "${labels[@]}" |
  tests/tell_skipped.sh "$build"
