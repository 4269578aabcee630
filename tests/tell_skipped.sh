#!/usr/bin/env bash
# Passes on what ctest prints, and puts before its summary how many tests were skipped, and why.
# usage: ctest ... | tests/tell_skipped.sh BUILD_FOLDER
set -euo pipefail
log=$1/Testing/Temporary/LastTest.log

# What ctest prints from "100% tests passed" on comes last, when its log is complete.
summary=
while IFS= read -r line; do
  if [ -n "$summary" ] || [[ $line =~ ^[0-9]+%\ tests\ passed ]]; then
    summary+=$line$'\n'
  else
    printf '%s\n' "$line"
  fi
done

# GoogleTest says "FILE:LINE: Skipped", and the reason on the next line.
reasons=$(awk '/^[^ ]+:[0-9]+: Skipped$/ { getline; print }' "$log" | sort | uniq -c | sort -rn)
if [ -z "$reasons" ]; then
  printf '\n== no test was skipped\n'
else
  printf '\n== %d skipped, and why:\n%s\n' "$(awk '{ n += $1 } END { print n }' <<< "$reasons")" "$reasons"
fi
printf '\n%s' "$summary"
