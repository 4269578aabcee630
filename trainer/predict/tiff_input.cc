#include "trainer/predict/tiff_input.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "formats/slice_series.h"
#include "formats/tiff_volume.h"
#include "formats/vesuvius.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kWarnings = 5;

// Of two sets neither is the one that is meant without asking.
void refuse_two_sets(const fs::path& input) {
  if (!fs::is_directory(input / "train_images") || !fs::is_directory(input / "test_images")) return;
  throw Error(ErrorCode::kInvalidArgument,
              "holds train_images and test_images: name one of these folders as --input",
              input.string());
}

void warn_of_notes(const VolumeListing& listing) {
  const size_t shown = std::min(listing.notes.size(), kWarnings);
  for (size_t i = 0; i < shown; ++i)
    spdlog::warn("{}: {}", listing.notes[i].name, listing.notes[i].reason);
  if (listing.notes.size() > shown) spdlog::warn("and {} more", listing.notes.size() - shown);
}

// Planes of a TIFF; 0 where that cannot be told.
int64_t count_planes(const fs::path& path) {
  try {
    return open_tiff_volume(path).info.size_zyx[0];
  } catch (const Error&) {
    return 0;
  }
}

// Whether these files, of which none is alone, are the slices of one volume. InvalidArgument where
// some have one page and some have many, or where other volumes lie in folders beside the slices.
bool are_slices(const std::vector<fs::path>& files, const fs::path& beside) {
  if (files.size() < 2) return false;
  std::vector<int64_t> planes(files.size());
  run_parallel(files.size(), [&](uint64_t i) { planes[i] = count_planes(files[i]); });
  const auto one = std::find(planes.begin(), planes.end(), 1);
  const auto many = std::find_if(planes.begin(), planes.end(), [](int64_t n) { return n > 1; });
  if (one == planes.end()) return false;
  fs::path other = beside;
  if (many != planes.end()) other = files[static_cast<size_t>(many - planes.begin())];
  if (other.empty()) return true;
  throw Error(ErrorCode::kInvalidArgument,
              "holds files of one page, such as " +
                  files[static_cast<size_t>(one - planes.begin())].filename().string() +
                  ", and volumes of many, such as " + other.filename().string() +
                  ": slices of one volume go into a folder of their own",
              files.front().parent_path().string());
}

std::vector<TiffInputVolume> list_folder(const fs::path& input) {
  refuse_two_sets(input);
  VolumeFolderOptions images_alone;
  images_alone.labels = false;
  const VolumeListing listing = list_vesuvius(input, images_alone);
  warn_of_notes(listing);
  std::vector<TiffInputVolume> volumes;
  std::vector<fs::path> files;
  fs::path a_folder;
  for (const VolumeItem& item : listing.items) {
    volumes.push_back({item.id, item.image});
    if (fs::is_directory(item.image)) {
      a_folder = item.image;
    } else {
      files.push_back(item.image);
    }
  }
  if (!are_slices(files, a_folder)) return volumes;
  const fs::path folder = files.front().parent_path();
  return {{own_name(folder), folder}};
}

}  // namespace

std::vector<TiffInputVolume> list_tiff_input(const fs::path& input) {
  if (!fs::exists(input)) {
    throw Error(ErrorCode::kNotFound, "no such file or folder", input.string());
  }
  if (!fs::is_directory(input)) {
    if (is_tiff_name(input)) return {{input.stem().string(), input}};
    throw Error(ErrorCode::kInvalidArgument,
                "expected a packed data set (a folder with dataset.json), a .tif, or a folder of "
                "them",
                input.string());
  }
  std::vector<TiffInputVolume> volumes = list_folder(input);
  if (volumes.empty()) {
    throw Error(ErrorCode::kNotFound,
                "expected a packed data set or TIFF volumes, found neither dataset.json nor .tif "
                "files here (a packing that did not finish goes on with --resume)",
                input.string());
  }
  return volumes;
}

VoxelVolume read_tiff_input(const TiffInputVolume& volume) {
  const TiffVolume tiff = open_tiff_volume(volume.path);
  VoxelVolume out{tiff.info.size_zyx, tiff.info.dtype, Bytes(tiff.info.volume_bytes())};
  const uint64_t plane_bytes = tiff.info.plane_bytes();
  run_parallel(tiff.info.planes.size(), [&](uint64_t z) {  // one by one: errors name the slice
    decode_tiff_planes(tiff, z, 1, std::span(out.voxels).subspan(z * plane_bytes, plane_bytes));
  });
  return out;
}

Hash128 hash_tiff_input(const TiffInputVolume& volume) {
  const TiffVolume tiff = open_tiff_volume(volume.path);
  StreamHash128 hash;
  for (const ByteSpan bytes : tiff.bytes)
    hash.update(bytes);
  return hash.digest();
}

}  // namespace stoker
