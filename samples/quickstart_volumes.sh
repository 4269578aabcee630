#!/usr/bin/env bash
# From TIFF volumes to segmented surfaces: draws small scrolls, packs them, computes features ahead of
# time, trains a small 3-D U-Net on the CPU (about a minute), and draws what it sees and says. Part of
# samples/quickstart.sh, which builds; alone, it needs the build.
# usage: samples/quickstart_volumes.sh [FOLDER] [FOLDER_OF_PROGRAMS]
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-samples/out/volumes}
bin=${2:-build/release/bin}
# Threads that wait for one another sleep: on a busy machine spinning takes many times as long.
export OMP_WAIT_POLICY=passive

step() { printf '\n== volumes: %s\n' "$*"; }
say_and_run() {
  printf '$ %s\n' "$*"
  "$@"
}

step "1/6 draw six scroll volumes of 96^3, as multi-page TIFFs with labels"
rm -rf "$out"
mkdir -p "$out"
say_and_run "$bin/make-sample-scrolls" --output "$out/scrolls" --count 6 --size 96

step "2/6 pack them into bricks, with distances to the surface; hold one scroll out"
say_and_run "$bin/pack-volumes" --input "$out/scrolls" --output "$out/packed" \
  --val-scroll 26002 --targets distance --moments

step "3/6 six feature channels, ahead of time (training can also compute them as it reads)"
say_and_run "$bin/precompute-features" --input "$out/packed" --output "$out/features"

step "4/6 verify both"
say_and_run "$bin/verify-dataset" "$out/packed" --deep
say_and_run "$bin/verify-dataset" "$out/features" --deep

step "5/6 train a small U-Net"
say_and_run "$bin/train" --model unet3d --shards "$out/packed" --output-dir "$out/run" \
  --base 4 --depth 2 --crop 32 --batch-size 2 --patches-per-volume 2 --epochs 10 \
  --lr 0.003 --device cpu
by_epoch=$(sed -n 's/.*"val_surface_dice":\([0-9.e-]*\).*/\1/p' "$out/run/metrics.jsonl")
printf 'surface Dice on the held-out scroll, by epoch: %s\n' "${by_epoch//$'\n'/ }"
echo "$by_epoch" | awk 'NR == 1 { first = $1 } $1 > best { best = $1 } END { exit !(best > first + 0.1) }' || {
  echo "the surface Dice did not rise: something is wrong" >&2
  exit 1
}

step "6/6 segment the held-out scroll to TIFF masks (quicker than the defaults: see predict --help)"
say_and_run "$bin/predict" --checkpoint "$out/run" --input "$out/packed" --output "$out/masks" \
  --overlap 0.25 --no-flips --panel "$out/panel.png"
printf 'Image, label, the six channels, probability and mask, side by side: %s\n' "$out/panel.png"
