#include "formats/volume_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string>

#include "formats/nifti/nifti_file.h"
#include "formats/nifti/nifti_voxels.h"
#include "formats/slice_series.h"
#include "formats/tiff_volume.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kLongestAxis = int64_t{1} << 31;

VolumeHead head_of_nifti(const fs::path& path) {
  VolumeHead head;
  const NiftiHeader header = read_nifti_header(path);
  head.size_zyx = {header.size_xyz[2], header.size_xyz[1], header.size_xyz[0]};
  head.channels = header.channels;
  const int64_t longest =
      std::max(*std::max_element(head.size_zyx.begin(), head.size_zyx.end()), head.channels);
  if (longest > kLongestAxis) {
    throw Error(ErrorCode::kUnsupported, fmt::format("has {} voxels along one axis", longest),
                path.string());
  }
  head.dtype = natural_dtype(header);
  for (size_t axis = 0; axis < 3; ++axis)
    head.geometry.spacing_zyx[axis] = static_cast<float>(header.spacing_xyz[2 - axis]);
  for (size_t i = 0; i < head.geometry.affine.size(); ++i)
    head.geometry.affine[i] = static_cast<float>(header.affine[i / 4][i % 4]);
  head.nifti = header;
  return head;
}

// "CASE.json" of "CASE_0000.tif" or "CASE.tif".
fs::path spacing_file(const fs::path& path) {
  constexpr size_t kChannelLetters = 5;
  std::string stem = path.stem().string();
  const fs::path own = path.parent_path() / (stem + ".json");
  if (fs::exists(own) || stem.size() <= kChannelLetters) return own;
  const std::string tail = stem.substr(stem.size() - kChannelLetters);
  const bool channel = tail[0] == '_' && std::all_of(tail.begin() + 1, tail.end(), [](char c) {
                         return std::isdigit(static_cast<unsigned char>(c)) != 0;
                       });
  if (channel) stem.resize(stem.size() - kChannelLetters);
  return path.parent_path() / (stem + ".json");
}

void take_spacing(const fs::path& path, VolumeGeometry& geometry) {
  const fs::path file = spacing_file(path);
  if (!fs::exists(file)) return;
  try {
    read_json(read_text_file(file), "spacing", [&](const Json& json) {
      if (!json.contains("spacing")) return;
      for (size_t axis = 0; axis < 3; ++axis)
        geometry.spacing_zyx[axis] = json.at("spacing").at(axis).get<float>();
    });
  } catch (const Error& error) {
    throw error.at(file.string());
  }
  geometry.affine = affine_of(geometry.spacing_zyx);
}

VolumeHead head_of_tiff(const fs::path& path) {
  VolumeHead head;
  const TiffVolume tiff = open_tiff_volume(path);
  head.size_zyx = tiff.info.size_zyx;
  head.dtype = tiff.info.dtype;
  take_spacing(path, head.geometry);
  return head;
}

// What a TIFF's voxels are, in the terms of the elements that are converted.
NiftiHeader as_elements(const VolumeHead& head) {
  NiftiHeader header;
  header.size_xyz = {head.size_zyx[2], head.size_zyx[1], head.size_zyx[0]};
  header.type = head.dtype == DType::kUInt16 ? NiftiType::kUInt16 : NiftiType::kUInt8;
  return header;
}

struct StoredElements {
  NiftiHeader header;
  ByteSpan bytes;
};

StoredElements read_stored(const fs::path& path, const VolumeHead& head, Bytes& buffer) {
  if (head.nifti) return {*head.nifti, read_nifti_data(path, *head.nifti, buffer)};
  const TiffVolume tiff = open_tiff_volume(path);
  buffer.resize(tiff.info.volume_bytes());
  decode_tiff(tiff, buffer);
  return {as_elements(head), buffer};
}

}  // namespace

uint64_t VolumeHead::element_count() const {
  return static_cast<uint64_t>(size_zyx[0]) * static_cast<uint64_t>(size_zyx[1]) *
         static_cast<uint64_t>(size_zyx[2]) * static_cast<uint64_t>(channels);
}

bool is_volume_name(std::string_view file_name) {
  return !volume_stem(file_name).empty();
}

std::string_view volume_stem(std::string_view file_name) {
  if (is_tiff_name(fs::path(file_name))) return file_name.substr(0, file_name.rfind('.'));
  return nifti_stem(file_name);
}

VolumeHead read_volume_head(const fs::path& path) {
  return is_tiff_name(path) ? head_of_tiff(path) : head_of_nifti(path);
}

VolumeElements read_volume_elements(const fs::path& path, const VolumeHead& head, DType dtype,
                                    Sample& sample) {
  Bytes& buffer = sample.next_buffer();
  const StoredElements stored = read_stored(path, head, buffer);
  const auto place = reinterpret_cast<uintptr_t>(stored.bytes.data());
  const bool aligned = place % dtype_size(dtype) == 0;
  if (is_stored_as(stored.header, dtype) && aligned) return {stored.bytes, false};
  Bytes& converted = sample.next_buffer();
  converted.resize(stored.header.element_count() * dtype_size(dtype));
  try {
    const bool rounded = convert_elements(stored.header, stored.bytes, dtype, converted);
    return {converted, rounded};
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

ByteSpan read_volume_labels(const fs::path& path, const VolumeHead& head, Sample& sample) {
  Bytes& buffer = sample.next_buffer();
  const StoredElements stored = read_stored(path, head, buffer);
  if (is_stored_as(stored.header, DType::kUInt8)) return stored.bytes;
  Bytes& labels = sample.next_buffer();
  labels.resize(stored.header.element_count());
  try {
    convert_labels(stored.header, stored.bytes, labels);
  } catch (const Error& error) {
    throw error.at(path.string());
  }
  return labels;
}

std::vector<fs::path> files_of_volume(const fs::path& path) {
  if (!is_tiff_name(path)) return nifti_files(path);
  std::vector<fs::path> files{path};
  if (fs::path spacing = spacing_file(path); fs::exists(spacing))
    files.push_back(std::move(spacing));
  return files;
}

uint64_t volume_content_key(const fs::path& path) {
  return is_tiff_name(path) ? fs::file_size(path) : nifti_content_key(path);
}

}  // namespace stoker
