#!/bin/bash
# Everything beside the peers, in one run: see README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
images=$root/../shared/data/imagenet/ILSVRC2012_img_train.tar
work=$root/build/peers
threads=2 epochs=5 repeat=4
while [ $# -gt 0 ]; do
  case $1 in
    --images) images=$2 ;;
    --work) work=$2 ;;
    --threads) threads=$2 ;;
    --epochs) epochs=$2 ;;
    --repeat) repeat=$2 ;;
    *) sed -n '2p' "$0"; exit 2 ;;
  esac
  shift 2
done
bin=$root/build/release/bin
mkdir -p "$work/results"
rm -f "$work"/results/*
echo "$(uname -m), $(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2), $(date -u +%F)"

[ -f "$root/build/release/build.ninja" ] ||
  (cd "$root" && cmake --preset release -DSTOKER_BUILD_TRAINER=OFF >/dev/null)
cmake --build "$root/build/release" --target bench-loader pack-imagenet >"$work/log.txt"
"$bin/bench-loader" --version
"$here/install_peers.sh" "$work/venv"
python=$work/venv/bin/python

# The images as files, one folder a class, each `repeat` times by hard link.
tree=$work/images
if [ ! -e "$tree.done" ]; then
  rm -rf "$tree"
  mkdir -p "$tree"
  if [ -d "$images" ]; then
    cp -r "$images"/. "$tree"
  else
    for inner in $(tar tf "$images"); do
      mkdir -p "$tree/${inner%.tar}"
      tar xOf "$images" "$inner" | tar x -C "$tree/${inner%.tar}"
    done
  fi
  find "$tree" -mindepth 1 -type d -empty -delete
  # What torchvision and FFCV cannot read is left out for all.
  $python - "$tree" <<'PYTHON'
import pathlib, sys
from PIL import Image
for path in pathlib.Path(sys.argv[1]).glob("*/*"):
    try:
        Image.open(path).convert("RGB")
    except Exception:
        path.unlink()
PYTHON
  find "$tree" -mindepth 1 -type d -empty -delete
  find "$tree" -type f | while read -r file; do
    for ((copy = 1; copy < repeat; ++copy)); do
      ln "$file" "$(dirname "$file")/copy${copy}_$(basename "$file")"
    done
  done
  touch "$tree.done"
fi

pack() {  # pack NAME ARGUMENTS...: rate of packing in results/pack_NAME.json
  local name=$1
  shift
  rm -rf "${work:?}/$name"
  "$bin/pack-imagenet" --input "$tree" --output "$work/$name" --threads "$threads" --quiet \
    --json "$work/pack.json" "$@" >/dev/null
  $python -c 'import json, sys; r = json.load(open(sys.argv[1])); print(json.dumps(
      {"images_per_second": r["samples"] / r["seconds"], "seconds": r["seconds"]}))' \
    "$work/pack.json" >"$work/results/pack_$name.json"
}
ours() {  # ours NAME DATA_SET ARGUMENTS...
  local name=$1 data=$2
  shift 2
  "$bin/bench-loader" "$work/$data" --threads "$threads" --epochs "$epochs" --quiet \
    --json "$work/results/ours_$name.json" "$@" >/dev/null
}
peer() {  # peer NAME ARGUMENTS...: of peers.py
  local name=$1
  shift
  $python "$here/peers.py" "$@" --threads "$threads" --epochs "$epochs" 2>>"$work/log.txt" |
    grep '^{' >"$work/results/$name.json"
}

cat "$tree"/*/* >/dev/null
peer ffcv_write_jpeg500 write-ffcv "$tree" "$work/jpeg500.beton" --mode jpg --max-side 500
pack reencode --encode jpeg --reencode --max-side 500 --quality 90
pack default --encode jpeg --max-side 500 --quality 90
pack raw400 --encode raw --max-side 400
pack mixed400 --encode mixed --raw-fraction 0.5 --max-side 400 --quality 90
pack raw256 --encode raw --max-side 256
pack original --encode original
peer ffcv_write_mixed400 write-ffcv "$tree" "$work/mixed400.beton" --mode proportion --max-side 400
peer ffcv_write_raw400 write-ffcv "$tree" "$work/raw400.beton" --mode raw --max-side 400
peer webdataset_write write-webdataset "$tree" "$work/original.tar"

peer ffcv_jpeg500 load-ffcv "$work/jpeg500.beton"
ours jpeg500 reencode
ours jpeg500_full reencode --full-decode --opencv-resize
ours jpeg500_area reencode --opencv-resize
ours jpeg500_fast reencode --fast-scale
threads=1 ours jpeg500_one reencode
peer ffcv_mixed400 load-ffcv "$work/mixed400.beton"
ours mixed400 mixed400
peer ffcv_raw400 load-ffcv "$work/raw400.beton"
ours raw400 raw400
threads=1 ours raw400_one raw400
peer torchvision_original load-torchvision "$tree"
peer webdataset_original load-webdataset "$work/original.tar"
ours original original
threads=1 ours original_one original
ours device_raw256 raw256 --mode device
$python "$here/table.py" "$work/results"
