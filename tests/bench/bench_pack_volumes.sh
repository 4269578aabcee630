#!/usr/bin/env bash
# pack-volumes beside bare libtiff decoding of the same files, in one run: voxels a second of both,
# and the ratio. Then peak memory with 20 and with 200 small volumes.
#
# usage: bench_pack_volumes.sh [WORK_FOLDER] [COUNT] [SIZE] [RUNS] [THREADS]
# Draws COUNT volumes of SIZE^3 (default 12 of 320^3), images and labels LZW as in the real set, and
# reads them once before the clock starts. Seconds of pack-volumes are those of the whole program: its
# start, listing, decoding, hashing, writing, syncing the shards; those of libtiff are decoding alone.
set -euo pipefail

work=${1:-${TMPDIR:-/tmp}/stoker-bench-volumes}
count=${2:-12}
size=${3:-320}
runs=${4:-5}
threads=${5:-0}
bin=$(realpath "$(dirname "$0")/../../build/release/bin")
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
cd "$work"

"$bin/make-sample-scrolls" --quiet --output scrolls --count "$count" --size "$size" --compression lzw
cat scrolls/*/*.tif > /dev/null
sync

median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
rate() { awk -v n="$count" -v s="$size" -v t="$1" 'BEGIN { printf "%.0f", 2 * n * s * s * s / 1e6 / t }'; }

for ((i = 1; i <= runs; ++i)); do
  bare=$("$bin/bare-tiff-decode" --threads "$threads" --input scrolls)
  rm -rf packed; sync
  begin=$EPOCHREALTIME
  "$bin/pack-volumes" --quiet --threads "$threads" --input scrolls --output packed > /dev/null 2>&1
  packed=$(awk -v b="$begin" -v e="$EPOCHREALTIME" 'BEGIN { print e - b }')
  echo "$bare" >> bare.txt
  echo "$packed" >> pack.txt
  awk -v b="$bare" -v p="$packed" 'BEGIN { print b / p }' >> ratio.txt
  echo "run $i: libtiff alone $(rate "$bare"), pack-volumes $(rate "$packed") Mvoxel/s (image and label)"
done
echo "medians: libtiff alone $(rate "$(median < bare.txt)"), pack-volumes $(rate "$(median < pack.txt)") Mvoxel/s;" \
     "pack-volumes / libtiff = $(median < ratio.txt)"

for many in 20 200; do
  rm -rf small packed
  "$bin/make-sample-scrolls" --quiet --output small --count "$many" --size 64
  for program in pack-volumes precompute-features; do
    peak=$( { /usr/bin/time -f %M "$bin/$program" --quiet --force --input small --output packed > /dev/null; } 2>&1 | tail -n1)
    echo "$program, $many volumes of 64^3: peak $((peak / 1024)) MiB resident"
  done
done
