#!/usr/bin/env bash
# The Python package's quick tests, against the module in a build folder; no network. Skipped (77), with the
# reason, where the module is not built or what the tests need can't be imported.
# usage: tests/python_package.sh BUILD_FOLDER PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 python=$2
skip() { # in two lines, as GoogleTest has it, for tests/tell_skipped.sh
  printf '%s\n' "tests/python_package.sh:0: Skipped" "$1"
  exit 77
}
compgen -G "$build/python/stoker/_core*.so" > /dev/null ||
  skip "the Python module is not built (-DSTOKER_BUILD_PYTHON=ON, needs nanobind)"
for module in numpy pytest; do
  "$python" -c "import $module" 2> /dev/null || skip "$python has no $module"
done
PYTHONPATH=$build/python PYTHONDONTWRITEBYTECODE=1 STOKER_BIN=$build/bin \
  "$python" -m pytest python -q -m "not slow" -p no:cacheprovider
