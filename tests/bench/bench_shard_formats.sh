#!/usr/bin/env bash
# convert-dataset to and from WebDataset and TFRecord beside tar and cat of the same bytes, in one run.
#
# usage: bench_shard_formats.sh TRAIN_TAR [WORK_FOLDER] [COPIES] [RUNS] [BIN]
# The archive's images, COPIES times (default 20: the sample's 50 MB becomes 1 GB), are packed, written as
# WebDataset of 128 MiB a shard, and unpacked to a folder of members. Then in turn: tar writes those members
# (sorted, in as many tars), convert-dataset writes WebDataset and TFRecord from the packed set, and
# reads both back. All outputs are synced; tar is timed without and with its sync. Bytes are those of
# the WebDataset shards. Everything is in page cache.
set -euo pipefail

archive=$(realpath "$1")
work=${2:-${TMPDIR:-/tmp}/stoker-bench-shards}
copies=${3:-20}
runs=${4:-5}
bin=$(realpath "${5:-$(dirname "$0")/../../build/release/bin}")
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
cd "$work"
convert=("$bin/convert-dataset" --quiet --shard-size 128MiB)

mkdir inner classes members
tar xf "$archive" -C inner
for ((k = 1; k <= copies; ++k)); do
  for tar in inner/*.tar; do
    name=$(basename "$tar" .tar)
    mkdir -p "classes/$name/$k"
    tar xf "$tar" -C "classes/$name/$k"
  done
done
"${convert[@]}" --input classes --to stk --output packed > /dev/null
"${convert[@]}" --input packed --to webdataset --output w > /dev/null
bytes=$(cat w/*.tar | wc -c)
for shard in w/*.tar; do
  tar xf "$shard" -C members --no-same-permissions
  tar tf "$shard" > "$(basename "$shard").list"
done
cp -r w sound_w
"${convert[@]}" --input packed --to tfrecord --output sound_t > /dev/null
rm -rf classes inner
sync
echo "$(wc -l < <(cat ./*.list)) members, $((bytes / 1000000)) MB"

now() { date +%s.%N; }
rate() { awk -v b="$bytes" -v t0="$1" -v t1="$2" 'BEGIN { printf "%.0f\n", b / 1e6 / (t1 - t0) }'; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
timed() { # NAME COMMAND...: the command's rate to NAME.txt
  local t0 name=$1
  shift
  sync
  t0=$(now)
  "$@" > /dev/null
  rate "$t0" "$(now)" >> "$name.txt"
}
write_tars() {
  mkdir tars
  for list in *.list; do tar cf "tars/${list%.list}" -C members --no-recursion -T "$list"; done
}
write_tars_and_sync() { write_tars && sync tars/*; }

for ((i = 1; i <= runs; ++i)); do
  rm -rf tars w t p q
  timed tar write_tars
  rm -rf tars
  timed tar_sync write_tars_and_sync
  timed to_webdataset "${convert[@]}" --input packed --to webdataset --output w
  timed to_tfrecord "${convert[@]}" --input packed --to tfrecord --output t
  rm -rf tars w t
  timed from_webdataset "${convert[@]}" --input sound_w --to stk --output p
  timed from_tfrecord "${convert[@]}" --input sound_t --to stk --output q
done
base=$(median tar.txt)
base_sync=$(median tar_sync.txt)
for name in tar tar_sync to_webdataset to_tfrecord from_webdataset from_tfrecord; do
  awk -v n="$name" -v v="$(median "$name.txt")" -v a="$base" -v s="$base_sync" 'BEGIN {
    printf "%-16s %6d MB/s, of tar %.2f, of tar and sync %.2f\n", n, v, v / a, v / s }'
done
