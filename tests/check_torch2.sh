#!/usr/bin/env bash
# Compiles every source of trainer/ against the headers of a current LibTorch 2.x: Debian 12's is 1.13.1, and
# most machines with a GPU have another. Nothing is linked.
# usage: tests/check_torch2.sh [PREFIX]
#   PREFIX   an unpacked LibTorch 2.x, or a Python package's folder `torch`. Without it the headers are
#            taken from the smallest wheel there is (macOS's, which brings no CUDA; headers are the same
#            everywhere) and kept in build/torch2_headers.
# Exit code 77 where that wheel can't be had.
set -euo pipefail
cd "$(dirname "$0")/.."
version=2.15.0

prefix=${1:-build/torch2_headers/$version}
if [ $# -eq 0 ] && [ ! -e "$prefix/include" ]; then
  echo "== fetching the headers of LibTorch $version"
  wheel=$(mktemp -d)
  trap 'rm -rf "$wheel"' EXIT
  python3 -m pip download "torch==$version" --quiet --no-deps --only-binary=:all: --dest "$wheel" \
    --platform macosx_14_0_arm64 --implementation cp --python-version 3.11 || exit 77
  mkdir -p "$prefix/lib"
  python3 - "$wheel"/*.whl "$wheel" <<'END'
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if n.startswith("torch/include/")])
END
  # What FindLibTorch looks for beside the headers; it would only be read by the linker.
  touch "$prefix"/lib/lib{torch,torch_cpu,c10}.so
  mv "$wheel/torch/include" "$prefix/include"
fi

launcher=()
if command -v ccache > /dev/null; then
  launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
cmake -G Ninja -S . -B build/torch2 -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O0 \
  -DCMAKE_OPTIMIZE_DEPENDENCIES=ON -DSTOKER_TORCH_PREFIX="$(realpath "$prefix")" \
  -DSTOKER_BUILD_TESTS=OFF -DSTOKER_BUILD_TOOLS=OFF "${launcher[@]}" | grep LibTorch
mapfile -t programs < <(ninja -C build/torch2 -t targets all |
  sed -n 's/^\(trainer\/CMakeFiles\/[a-z]*\.dir\/[a-z_]*\.cc\.o\):.*/\1/p' | grep -v '/stoker_')
ninja -C build/torch2 stoker_trainer stoker_trainer_base "${programs[@]}"
echo "== trainer/ compiles against LibTorch 2"
