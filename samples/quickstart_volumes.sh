#!/usr/bin/env bash
# From nothing to segmented surfaces, after samples/quickstart.sh has built the house: draws small scrolls as TIFF volumes, packs them,
# computes features ahead of time, trains a small 3-D U-Net on the CPU (about a minute), and draws what
# it sees and says.
# usage: samples/quickstart_volumes.sh [FOLDER] [FOLDER_OF_PROGRAMS]
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-samples/out/volumes}
bin=${2:-build/release/bin}

if [ $# -lt 2 ]; then
  cmake --build --preset release --target \
    make-sample-scrolls pack-volumes precompute-features train predict
fi
# Threads that wait for one another sleep: on a busy machine spinning takes many times as long.
export OMP_WAIT_POLICY=passive

step() { printf '\n== %s\n' "$*"; }
say_and_run() {
  printf '$ %s\n' "$*"
  "$@"
}

step "1/5 draw six scroll volumes of 96^3, as multi-page TIFFs with labels"
rm -rf "$out"
mkdir -p "$out"
say_and_run "$bin/make-sample-scrolls" --output "$out/scrolls" --count 6 --size 96

step "2/5 pack them into bricks, with distances to the surface; hold one scroll out"
say_and_run "$bin/pack-volumes" --input "$out/scrolls" --output "$out/packed" \
  --val-scroll 26002 --targets distance --moments

step "3/5 six feature channels, ahead of time (training can also compute them as it reads)"
say_and_run "$bin/precompute-features" --input "$out/packed" --output "$out/features"

step "4/5 train a small U-Net"
say_and_run "$bin/train" --model unet3d --shards "$out/packed" --output-dir "$out/run" \
  --base 4 --depth 2 --crop 32 --batch-size 2 --patches-per-volume 2 --epochs 10 \
  --lr 0.003 --device cpu
printf 'surface Dice on the held-out scroll, by epoch:'
sed -n 's/.*"val_surface_dice":\([0-9.e-]*\).*/ \1/p' "$out/run/metrics.jsonl" | tr -d '\n'
printf '\n'

step "5/5 segment the held-out scroll to TIFF masks"
say_and_run "$bin/predict" --checkpoint "$out/run" --input "$out/packed" --output "$out/masks" \
  --panel "$out/panel.png"
printf 'Image, label, the six channels, probability and mask, side by side: %s\n' "$out/panel.png"
