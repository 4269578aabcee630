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

# NAME COMMAND...: one line to NAME.txt, seconds that passed and seconds of processors.
timed() {
  local name=$1 TIMEFORMAT='%R %U %S'
  shift
  sync
  { time "$@" > /dev/null 2> "$name.err"; } 2> time.txt
  awk '{ print $1, $2 + $3 }' time.txt >> "$name.txt"
}
write_tars() {
  mkdir tars
  for list in *.list; do tar cf "tars/${list%.list}" -C members --no-recursion -T "$list"; done
}
write_tars_and_sync() { write_tars && sync tars/*; }
run_one() {
  rm -rf tars w t p q
  case $1 in
    tar) timed tar write_tars ;;
    tar_sync) timed tar_sync write_tars_and_sync ;;
    to_webdataset) timed "$1" "${convert[@]}" --input packed --to webdataset --output w ;;
    to_tfrecord) timed "$1" "${convert[@]}" --input packed --to tfrecord --output t ;;
    from_webdataset) timed "$1" "${convert[@]}" --input sound_w --to stk --output p ;;
    from_tfrecord) timed "$1" "${convert[@]}" --input sound_t --to stk --output q ;;
  esac
}

names=(tar tar_sync to_webdataset to_tfrecord from_webdataset from_tfrecord)
for ((i = 1; i <= runs; ++i)); do # there and back, so that a drift of the machine meets all alike
  for ((k = 0; k < ${#names[@]}; ++k)); do
    run_one "${names[i % 2 ? k : ${#names[@]} - 1 - k]}"
  done
done

# Of the runs of one round: the median of ratios.
median_ratio() { # A B COLUMN: B's seconds by A's, so that 1.2 says A is faster
  paste "$1.txt" "$2.txt" | awk -v c="$3" '{ print $(c + 2) / $c }' | sort -n |
    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
for name in "${names[@]}"; do
  awk -v n="$name" -v b="$bytes" -v r="$(median_ratio "$name" tar 1)" \
    -v s="$(median_ratio "$name" tar_sync 1)" -v u="$(median_ratio "$name" tar 2)" '
    { passed[NR] = $1; used += $2 }
    END {
      for (i in passed) if (best == "" || passed[i] < best) best = passed[i]
      printf "%-16s best %5d MB/s, %.2f s of processors a run; speed of tar %.2f, of tar and sync %.2f; by processors %.2f\n",
        n, b / 1e6 / best, used / NR, r, s, u }' "$name.txt"
done
