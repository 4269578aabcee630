#!/usr/bin/env bash
# Fails when an #include goes against the direction of the house, and lists every such line.
#   libdata <- formats <- tools, samples;  libdata <- trainer;  libdata <- python, which for deep verification
#   takes one file of tools/ that stands on libdata alone
#   and one bridge, trainer/predict/tiff_input.cc, which lets predict read TIFFs where formats/ is built: with
#   STOKER_BUILD_TOOLS=OFF another file takes its place, so that the trainer never needs formats/
#   inside libdata: core <- sample <- shard, volume; core <- image; all of them <- loader
#   inside trainer: options, metrics, report and tensors stand alone; models, losses, optim and feed on
#   those; tasks, run and predict on all
# Third-party headers stay out of public headers, and each in the folder that adapts it. Source
# file names are unique.
set -uo pipefail  # not -e: grep that finds nothing is what we hope for
cd "$(dirname "$0")/.." || exit 1
faults=0

fault() { # MESSAGE LINES
  [ -z "$2" ] && return
  printf '%s\n' "$1" "$2" ''
  faults=1
}

# own FOLDER ALLOWED [BRIDGE]: files under FOLDER include only headers of ours that match ALLOWED;
# BRIDGE, a pattern of "FILE:LINE:INCLUDE", is let through.
own() {
  fault "$1 may include only $2" "$(
    grep -rnE '#include "' --include='*.h' --include='*.cc' --include='*.cu' --include='*.cuh' "$1" |
      grep -vE "#include \"($2)" | grep -vE "${3:-^\$}")"
}
own libdata/core 'libdata/core/'
own libdata/sample 'libdata/(core|sample)/'
own libdata/shard 'libdata/(core|sample|shard)/'
own libdata/image 'libdata/(core|image)/'
own libdata/volume 'libdata/(core|sample|volume)/'
own libdata/loader 'libdata/'
own formats '(libdata|formats)/'
own tools '(libdata|formats|tools)/'
own samples '(libdata|formats|samples)/'
own trainer '(libdata|trainer)/' '^trainer/predict/tiff_input\.cc:[0-9]+:#include "formats/(slice_series|tiff_volume|vesuvius)\.h"'

own python '(libdata/|python/|tools/blob_check\.h)'

own trainer/metrics '(libdata/(core|volume)|trainer/metrics)/'
own trainer/options '(libdata|trainer/options)/'
own trainer/report '(libdata|trainer/report|trainer/metrics)/'
own trainer/tensors '(libdata|trainer/tensors)/'
own trainer/losses '(libdata|trainer/(losses|options))/'
own trainer/optim '(libdata|trainer/(optim|options|tensors))/'
own trainer/feed '(libdata|trainer/(feed|metrics|options|tensors))/'

# foreign HEADER FOLDERS: headers that match HEADER are included only in files that match FOLDERS.
foreign() {
  fault "<$1> belongs in $2 alone" "$(
    grep -rnE "#include [<\"]($1)" --include='*.h' --include='*.cc' --include='*.cu' libdata formats \
      tools trainer samples python | grep -vE "^($2)")"
}
# Options parse, and what is logged and scored is worked out, without LibTorch.
foreign '(torch|ATen|c10|cuda)' 'trainer/(tensors|models|losses|optim|feed|tasks|run|predict)/'
foreign 'nanobind' 'python/src/'
foreign 'tiff' 'formats/tiff|libdata/image/tiff_(handle|image|layout)'
foreign 'png\.h' 'libdata/image/png_'
foreign 'webp/' 'libdata/image/webp'
foreign '(archive|matio)' 'formats/devkit_archive\.cc|samples/imagenet_writing\.cc'
foreign '(jpeglib|jerror|turbojpeg)' 'libdata/image/'
foreign 'opencv2/' 'libdata/image/(resize_opencv|image_draw)\.cc'
foreign 'tbb/' 'libdata/core/|libdata/loader/'
foreign 'xxhash' 'libdata/core/'
foreign 'blosc' 'libdata/volume/|libdata/shard/|formats/hdf5/|formats/zarr/zarr_packing\.cc'
foreign 'hdf5\.h' 'formats/hdf5/'
foreign '(arrow|parquet)/' 'formats/arrow/'
foreign 'libdeflate\.h' 'formats/gzip_bytes\.cc|formats/hdf5/chunk_filters\.cc'

# Headers of the house can be read without knowing a library. Left out: trainer/, which is about
# torch, and python/, which is about nanobind; headers that serve only the .cc files beside them (jpeg_, png_,
# arrow_, XXH3's kernel); nlohmann's forward declarations; the compiler's own intrinsics.
fault "third-party and system headers stay out of headers" "$(
  grep -rnE '#include <[^>]*(/|\.h)' --include='*.h' libdata formats tools samples |
    grep -vE '^libdata/(core/xxh3_kernel_impl|image/(jpeg_(errors|arena)|png_errors))\.h:|^formats/arrow/arrow_(cells|status)\.h:|<nlohmann/json_fwd|<(immintrin|arm_neon)\.h>')"

fault "source file names that occur twice" "$(
  find libdata formats tools trainer samples python tests \( -name '*.h' -o -name '*.cc' \) -printf '%f\n' |
    sort | uniq -d)"

[ "$faults" -eq 0 ] && echo "includes go the right way"
exit "$faults"
