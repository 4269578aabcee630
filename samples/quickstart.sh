#!/usr/bin/env bash
# From nothing to trained models on made-up data, on a fresh Debian 12: installs packages, builds,
# draws a small data set in the archives of ImageNet, packs it, verifies it, looks at it, trains on it;
# then the same with volumes (quickstart_volumes.sh).
# usage: samples/quickstart.sh [FOLDER]        results go to FOLDER, samples/out by default
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-samples/out}
bin=build/release/bin
# Threads that wait for one another sleep: on a busy machine spinning takes many times as long.
export OMP_WAIT_POLICY=passive

step() { printf '\n== %s\n' "$*"; }
say_and_run() {
  printf '$ %s\n' "$*"
  "$@"
}

step "1/8 Debian packages"
tests/install_packages.sh build

step "2/8 build, in build/release"
launcher=()
if command -v ccache > /dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
cmake --preset release -DSTOKER_BUILD_TESTS=OFF "${launcher[@]}" > /dev/null
cmake --build --preset release

step "3/8 draw a sample data set: ten classes of shapes, in the archives of ImageNet"
rm -rf "$out"
mkdir -p "$out"
say_and_run "$bin/make-sample-imagenet" --output "$out/archives" --classes 10 \
  --train-per-class 60 --val-per-class 20

step "4/8 pack the archives, read in place, into shards"
say_and_run "$bin/pack-imagenet" --input "$out/archives/ILSVRC2012_img_train.tar" \
  --output "$out/packed/train"
say_and_run "$bin/pack-imagenet" --input "$out/archives/ILSVRC2012_img_val.tar" \
  --devkit "$out/archives/ILSVRC2012_devkit_t12.tar.gz" --split val --output "$out/packed/val"

step "5/8 verify: every record's hash, and every image decoded"
say_and_run "$bin/verify-dataset" "$out/packed/train" --deep
say_and_run "$bin/verify-dataset" "$out/packed/val" --deep

step "6/8 inspect"
say_and_run "$bin/inspect-dataset" "$out/packed/train" --montage "$out/montage.png"

step "7/8 train a ResNet-18 on the CPU"
say_and_run "$bin/train" --shards "$out/packed/train" --val-shards "$out/packed/val" \
  --model resnet18 --crop 48 --val-resize 56 --min-scale 0.5 --epochs 8 --batch-size 20 \
  --optimizer adamw --lr 1e-3 --device cpu --output-dir "$out/run"

best=$(grep -o '"val_top1": *[0-9.]*' "$out/run/metrics.jsonl" | grep -o '[0-9.]*$' | sort -g | tail -1)
percent=$(awk "BEGIN { printf \"%.1f\", 100 * $best }")
awk "BEGIN { exit !($best > 0.3) }" || {
  echo "validation accuracy $percent %: not clearly above chance, something is wrong" >&2
  exit 1
}

step "8/8 the same for volumes"
samples/quickstart_volumes.sh "$out/volumes"

step "done in $((SECONDS / 60)) min $((SECONDS % 60)) s"
cat <<END
images
  validation accuracy  $percent % (chance: 10 %)
  packed data          $out/packed/train, $out/packed/val
  pictures of it       $out/montage.png
  weights, metrics     $out/run
volumes
  packed, features     $out/volumes/packed, $out/volumes/features
  seen and predicted   $out/volumes/panel.png
  weights, metrics     $out/volumes/run
programs               $bin (each has --help); README.md says how to pack the real ImageNet
END
