#!/usr/bin/env bash
# Carries out the Dockerfile where there is no docker: each stage in a Debian 12 root of debootstrap, its
# FROM, ARG, WORKDIR, COPY and RUN lines as docker would read them (one line each). Needs root, debootstrap
# and the network. The last stage's root stays in FOLDER/N, N counting from 0.
# usage: tests/install/try_dockerfile.sh FOLDER [NAME=VALUE...]        values for ARG
#   MIRROR   Debian mirror (default: debootstrap's own)
#   CACHE    a folder to see as /root/.cache/ccache in every stage
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
work=$(realpath "$1")
shift
mirror=${MIRROR:-}

base=$work/base
if [ ! -e "$base/etc/debian_version" ]; then
  debootstrap --variant=minbase bookworm "$base" ${mirror:+"$mirror"} > "$work/debootstrap.log"
fi

stage=-1 folder=/ variables=()
declare -A root_of
in_root() { # the shell command of a RUN line, in this stage's root
  local root=$work/$stage
  # shellcheck disable=SC2016  # the inner shell expands them
  unshare --mount bash -euc '
    mount -t proc proc "$0/proc"
    mount --rbind /dev "$0/dev"
    cp /etc/resolv.conf "$0/etc/resolv.conf"
    if [ -n "${CACHE:-}" ]; then mkdir -p "$0/root/.cache/ccache"; mount --bind "$CACHE" "$0/root/.cache/ccache"; fi
    exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
      "${@:3}" sh -euc "cd \"$1\" && $2"' "$root" "$folder" "$1" "${variables[@]}"
}
while read -r word rest; do
  case $word in
    '' | '#'*) continue ;;
  esac
  echo "== $word $rest"
  case $word in
    FROM)
      stage=$((stage + 1)) folder=/ variables=()
      rm -rf "${work:?}/$stage"
      cp -a "$base" "$work/$stage"
      [[ $rest =~ \ AS\ (.*)$ ]] && root_of[${BASH_REMATCH[1]}]=$work/$stage
      ;;
    ARG)
      variables+=("$rest")
      for given in "$@"; do
        [ "${given%%=*}" = "${rest%%=*}" ] && variables+=("$given")
      done
      ;;
    WORKDIR)
      folder=$rest
      mkdir -p "$work/$stage$folder"
      ;;
    COPY)
      from=$source
      if [[ $rest =~ ^--from=([^ ]+)\ (.*)$ ]]; then
        from=${root_of[${BASH_REMATCH[1]}]}
        rest=${BASH_REMATCH[2]}
      fi
      read -r what to <<< "$rest"
      [[ $to = /* ]] || to=$folder/$to
      mkdir -p "$work/$stage$to"
      if [ "$from" = "$source" ]; then # less what .dockerignore names
        tar -C "$from/$what" --exclude-from "$source/.dockerignore" -c . | tar -C "$work/$stage$to" -x
      else
        cp -a "$from$what/." "$work/$stage$to"
      fi
      ;;
    RUN) in_root "$rest" < /dev/null ;;
    CMD) echo "left out: it is for docker run" ;;
    *)
      echo "no way to carry out $word here" >&2
      exit 2
      ;;
  esac
done < "$source/Dockerfile"
echo "== the last stage is in $work/$stage: $(du -sh "$work/$stage" | cut -f 1)"
