#!/usr/bin/env bash
# Fails when a source file is not formatted as .clang-format says (clang-format 14, Debian 12's).
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.h' '*.cc' '*.cu' '*.cuh' | xargs clang-format --dry-run -Werror
echo "all sources are formatted"
