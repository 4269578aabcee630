#!/bin/bash
# Installs the peers: usage: install_peers.sh VENV_FOLDER
# torch, torchvision, OpenCV and Numba come from Debian; FFCV and WebDataset from PyPI. FFCV compiles
# a small library against OpenCV and libturbojpeg. Its declared requirements would bring a second
# PyTorch, so only the packages it really imports are installed.
set -euo pipefail
venv=$1
sudo=$([ "$(id -u)" = 0 ] || echo sudo)
$sudo apt-get install -y -qq --no-install-recommends python3-venv python3-dev python3-torch \
  python3-torchvision python3-opencv python3-numba python3-pil g++ pkg-config libopencv-dev \
  libturbojpeg0-dev >/dev/null
[ -x "$venv/bin/python" ] || /usr/bin/python3 -m venv --system-site-packages "$venv"
"$venv/bin/pip" install -q setuptools wheel
"$venv/bin/pip" install -q --no-build-isolation --no-deps \
  ffcv==1.0.2 webdataset braceexpand tqdm psutil terminaltables pytorch-pfn-extras fastargs
"$venv/bin/python" - <<'PYTHON'
import importlib.metadata as metadata
import cv2, ffcv.loader, torch, torchvision, webdataset
for name in ("ffcv", "webdataset"):
    print(name, metadata.version(name))
print("torchvision", torchvision.__version__, "torch", torch.__version__, "opencv", cv2.__version__)
PYTHON
