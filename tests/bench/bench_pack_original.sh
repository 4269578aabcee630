#!/usr/bin/env bash
# pack-imagenet --encode original beside cp, in one run: bytes a second of both, and the ratio.
#
# usage: bench_pack_original.sh TRAIN_TAR [WORK_FOLDER] [COPIES] [RUNS]
# The archive is made COPIES times as large (default 20: the sample's 50 MB becomes 1 GB) and read once
# before the clock starts. pack-imagenet syncs what it writes; cp does not, so cp is timed both without
# and with a sync of its copy.
set -euo pipefail

archive=$(realpath "$1")
work=${2:-${TMPDIR:-/tmp}/stoker-bench-pack}
copies=${3:-20}
runs=${4:-5}
bin=$(realpath "$(dirname "$0")/../../build/release/bin")
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
cd "$work"

echo "building an archive of $copies x $(du -h "$archive" | cut -f1)"
mkdir inner large
tar xf "$archive" -C inner
for ((k = 1; k <= copies; ++k)); do
  for tar in inner/*.tar; do
    ln "$tar" "large/n$(printf '%02d' "$k")${tar##*/n??}"
  done
done
tar cf large.tar --hard-dereference -C large .
bytes=$(stat -c %s large.tar)
cat large.tar > /dev/null
sync

now() { date +%s.%N; }
rate() { awk -v b="$bytes" -v t0="$1" -v t1="$2" 'BEGIN { printf "%.0f\n", b / 1e6 / (t1 - t0) }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for ((i = 1; i <= runs; ++i)); do
  rm -rf copy.tar packed; sync
  t0=$(now); cp large.tar copy.tar; t1=$(now); sync copy.tar; t2=$(now)
  rate "$t0" "$t1" >> cp.txt
  rate "$t0" "$t2" >> cp_sync.txt
  rm -f copy.tar; sync
  t0=$(now); "$bin/pack-imagenet" --quiet --input large.tar --output packed > /dev/null; t1=$(now)
  rate "$t0" "$t1" >> pack.txt
  echo "run $i: cp $(tail -n1 cp.txt), cp and sync $(tail -n1 cp_sync.txt), pack-imagenet $(tail -n1 pack.txt) MB/s"
done
cp_rate=$(median < cp.txt); cp_sync_rate=$(median < cp_sync.txt); pack_rate=$(median < pack.txt)
awk -v c="$cp_rate" -v s="$cp_sync_rate" -v p="$pack_rate" 'BEGIN {
  printf "medians: cp %d MB/s, cp and sync %d MB/s, pack-imagenet (hashed, synced) %d MB/s\n", c, s, p
  printf "pack-imagenet / cp = %.2f; pack-imagenet / (cp and sync) = %.2f\n", p / c, p / s }'
