#!/usr/bin/env bash
# Installs what stoker needs from Debian 12, asking apt-get only for what is missing.
# usage: tests/install_packages.sh [build|tests|checks]
#   build    to build and run the programs (default)
#   tests    also what the tests compare against: GoogleTest, groff, NumPy, SciPy, Pillow, h5py, nibabel, PyTorch
#   checks   also clang, for clang-format, clang-tidy and the fuzz targets, and its linker; what the Python package
#            is built and tested with
# With TRAINER=OFF in the environment: without LibTorch, which Ubuntu does not package. With ARROW=OFF: without
# Arrow, which reads and writes Parquet; Debian has none, so that it comes as pyarrow's wheel, by pip, into
# build/pyarrow, where cmake/FindStokerArrow.cmake looks. Where that can't be had, stoker builds without.
set -euo pipefail
what=${1:-build}
cd "$(dirname "$0")/.."
pyarrow=26.0.1

bring_arrow() {
  local folder=build/pyarrow/$pyarrow
  if [ "${ARROW:-ON}" != ON ]; then return; fi
  if [ ! -d "$folder" ]; then
    echo "== installing pyarrow $pyarrow into $folder"
    rm -rf build/pyarrow
    mkdir -p build
    if ! PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps \
      --only-binary :all: --no-compile --target "$folder.part" "pyarrow==$pyarrow"; then
      rm -rf build/pyarrow
      echo "== no pyarrow here: stoker is built without Parquet and Arrow"
      return
    fi
    mv "$folder.part" "$folder"
  fi
}

packages=(
  build-essential cmake ninja-build pkg-config
  libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev
  libtbb-dev libxxhash-dev libblosc-dev libutf8proc-dev
  libturbojpeg0-dev libjpeg-dev
  libopencv-core-dev libopencv-imgproc-dev
  libpng-dev libwebp-dev libtiff-dev libarchive-dev zlib1g-dev libdeflate-dev libzstd-dev liblz4-dev libmatio-dev
  libhdf5-dev libssl-dev python3-pip
)
tests=(libgtest-dev libgmock-dev groff-base python3-numpy python3-scipy python3-pil python3-h5py
  python3-nibabel)
checks=(clang libclang-rt-dev clang-format clang-tidy lld ccache shellcheck git python3-pip python3-venv
  python3-dev)
if [ "${TRAINER:-ON}" = ON ]; then
  packages+=(libtorch-dev libgloo-dev libopenblas0-pthread)
  tests+=(python3-torch python3-torchvision)
fi
case "$what" in
  build) ;;
  tests) packages+=("${tests[@]}") ;;
  checks) packages+=("${tests[@]}" "${checks[@]}") ;;
  *) echo "usage: $0 [build|tests|checks]" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
    missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "== all ${#packages[@]} Debian packages are there"
  bring_arrow
  exit 0
fi

root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || {
    echo "these packages are missing, and neither root nor sudo is at hand: ${missing[*]}" >&2
    exit 3
  }
  root=(sudo)
fi
echo "== installing ${#missing[@]} Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -q
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
  "${missing[@]}"
bring_arrow
