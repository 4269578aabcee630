#!/bin/bash
# MedNIST on the CPU: ResNet-18 must reach 98 % validation accuracy within 2 epochs, and a run that is
# killed (SIGKILL) at random moments and resumed must end with the bits of one that was left alone.
#
#   mednist_train.sh BIN_DIR MEDNIST_DIR WORK_DIR [KILLS] [more flags of train...]
#
# MEDNIST_DIR holds train/CLASS/*.jpeg and val/CLASS/*.jpeg. KILLS (default 3) of 0 leaves the second
# run out. Takes about 4 minutes a run on two idle cores.
set -euo pipefail
bin=$1 mednist=$2 work=$3 kills=${4:-3}
shift $(($# < 4 ? $# : 4))
mkdir -p "$work"
for split in train val; do
  "$bin/pack-imagenet" --input "$mednist/$split" --split $split --output "$work/$split" --force --quiet >"$work/pack-$split.log"
done
train=("$bin/train" --model resnet18 --shards "$work/train" --val-shards "$work/val" --device cpu
  --epochs 2 --save-every 20 "$@")

rm -rf "$work/whole" "$work/broken"
start=$(date +%s)
"${train[@]}" --output-dir "$work/whole"
seconds=$(($(date +%s) - start))
top1=$(grep '"event":"epoch"' "$work/whole/metrics.jsonl" | tail -1 | grep -o '"val_top1":[0-9.]*' | cut -d: -f2)
echo "val_top1 $top1 after 2 epochs, $seconds s"

if [ "$kills" -gt 0 ]; then
  for ((i = 1; i <= kills; ++i)); do
    "${train[@]}" --output-dir "$work/broken" --auto-resume &
    sleep $((5 + RANDOM % (seconds / kills > 5 ? seconds / kills - 4 : 1)))
    kill -KILL $! 2>/dev/null || echo "run $i had ended already"
    wait $! 2>/dev/null || true
  done
  "${train[@]}" --output-dir "$work/broken" --auto-resume
  without_times() { sed -E 's/"(seconds|val_seconds|samples_per_second|data_wait_share)":[^,}]*//g' "$1/metrics.jsonl"; }
  cmp <(without_times "$work/whole") <(without_times "$work/broken")
  cmp "$work/whole/final.safetensors" "$work/broken/final.safetensors"
  echo "killed $kills times and resumed: the same metrics and weights, bit for bit"
fi
awk -v top1="$top1" 'BEGIN { exit !(top1 >= 0.98) }' || { echo "below 98 %"; exit 1; }
