#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <limits>

#include "formats/hdf5/hdf5_file.h"
#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxFilters = 32;
constexpr uint64_t kMaxElementBytes = uint64_t{1} << 30;
// What deflate makes of zeros at most, and what a file may state without having written it.
constexpr uint64_t kMaxRatio = 1200;
constexpr uint64_t kUnwrittenBytes = uint64_t{1} << 30;
constexpr uint64_t kMaxVirtualBytes = uint64_t{1} << 50;  // they lie in other files

[[noreturn]] void refuse(const Hdf5File& file, const std::string& name, ErrorCode code,
                         const std::string& why) {
  throw Error(code, name + ": " + why, file.path());
}

std::vector<uint64_t> read_shape(hid_t dataset, const Hdf5File& file, const std::string& name) {
  const Hdf5Handle space = own_hdf5(H5Dget_space(dataset), name, file.path());
  const int rank = H5Sget_simple_extent_ndims(space.id());
  check_hdf5(rank, name, file.path());
  if (H5Sget_simple_extent_type(space.id()) == H5S_NULL) return {0};
  std::vector<hsize_t> extents(static_cast<size_t>(rank));
  check_hdf5(H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr), name, file.path());
  return {extents.begin(), extents.end()};
}

std::vector<Hdf5Filter> read_filters(hid_t plist, const Hdf5File& file, const std::string& name) {
  std::vector<Hdf5Filter> filters;
  const int count = H5Pget_nfilters(plist);
  check_hdf5(count, name, file.path());
  if (static_cast<size_t>(count) > kMaxFilters)
    refuse(file, name, ErrorCode::kCorrupt, "more filters than a data set can have");
  for (int i = 0; i < count; ++i) {
    std::array<unsigned, 32> values{};
    std::array<char, 64> text{};
    size_t value_count = values.size();
    unsigned flags = 0;
    const H5Z_filter_t id = H5Pget_filter2(plist, static_cast<unsigned>(i), &flags, &value_count,
                                           values.data(), text.size(), text.data(), nullptr);
    check_hdf5(id, name, file.path());
    text.back() = 0;
    Hdf5Filter filter{id, text.data(), {}};
    filter.parameters.assign(values.begin(), values.begin() + std::min(value_count, values.size()));
    filters.push_back(std::move(filter));
  }
  return filters;
}

// Product of shape and element, which must be something that a file of this size can hold.
void check_size(const Hdf5Array& array, const Hdf5File& file, uint64_t most) {
  uint64_t bytes = std::max<uint64_t>(1, array.type.size_bytes);
  for (const uint64_t extent : array.shape) {
    if (extent != 0 && bytes > most / extent) {
      refuse(file, array.path, ErrorCode::kCorrupt,
             fmt::format("states {} elements of {} bytes, in a file of {} bytes",
                         describe_shape(array.shape), array.type.size_bytes, file.bytes().size()));
    }
    bytes *= extent;
  }
}

void check_chunk(const Hdf5Array& array, const Hdf5File& file) {
  const uint64_t most = std::min<uint64_t>(std::numeric_limits<uint32_t>::max(),
                                           kUnwrittenBytes + kMaxRatio * file.bytes().size());
  uint64_t bytes = array.type.size_bytes;
  for (const uint64_t extent : array.chunk) {
    if (extent == 0 || bytes > most / extent)
      refuse(file, array.path, ErrorCode::kCorrupt, "chunks of an impossible size");
    bytes *= extent;
  }
}

// The library takes fill value for elements of a file that is not there, and says nothing.
void check_virtual_files(hid_t plist, const Hdf5File& file, const std::string& name) {
  size_t count = 0;
  check_hdf5(H5Pget_virtual_count(plist, &count), name, file.path());
  const fs::path folder = fs::path(file.path()).parent_path();
  for (size_t i = 0; i < count; ++i) {
    const ssize_t size = H5Pget_virtual_filename(plist, i, nullptr, 0);
    check_hdf5(size, name, file.path());
    std::string other(static_cast<size_t>(size), '\0');
    check_hdf5(H5Pget_virtual_filename(plist, i, other.data(), other.size() + 1), name,
               file.path());
    const bool here = other == ".";
    const bool pattern = other.find('%') != std::string::npos;  // a file each block: as many as are
    std::error_code unseen;
    if (here || pattern || fs::exists(folder / other, unseen) || fs::exists(other, unseen))
      continue;
    refuse(file, name, ErrorCode::kNotFound,
           fmt::format("its elements lie in other files, of which {} is not there", other));
  }
}

void read_layout(hid_t dataset, const Hdf5File& file, Hdf5Array& array) {
  const Hdf5Handle plist = own_hdf5(H5Dget_create_plist(dataset), array.path, file.path());
  if (H5Pget_external_count(plist.id()) > 0)
    refuse(file, array.path, ErrorCode::kUnsupported, "its elements lie in files beside this one");
  const H5D_layout_t layout = H5Pget_layout(plist.id());
  const uint64_t room = kUnwrittenBytes + kMaxRatio * file.bytes().size();
  check_size(array, file, layout == H5D_VIRTUAL ? kMaxVirtualBytes : room);
  if (layout == H5D_CHUNKED) {
    array.layout = Hdf5Layout::kChunked;
    std::vector<hsize_t> extents(array.shape.size());
    check_hdf5(H5Pget_chunk(plist.id(), static_cast<int>(extents.size()), extents.data()),
               array.path, file.path());
    array.chunk.assign(extents.begin(), extents.end());
    array.filters = read_filters(plist.id(), file, array.path);
    check_chunk(array, file);
  } else if (layout == H5D_VIRTUAL) {
    check_virtual_files(plist.id(), file, array.path);
  } else if (layout == H5D_CONTIGUOUS) {
    array.layout = Hdf5Layout::kContiguous;
    const haddr_t offset = H5Dget_offset(dataset);
    if (offset != HADDR_UNDEF) array.offset_bytes = offset;
    const uint64_t size = file.bytes().size();
    if (array.offset_bytes &&
        (*array.offset_bytes > size || array.size_bytes() > size - *array.offset_bytes)) {
      refuse(file, array.path, ErrorCode::kCorrupt, "its elements go past the end of the file");
    }
  }
  array.fill.assign(array.type.size_bytes, 0);
  if (array.type.kind != Hdf5Kind::kNumber && array.type.kind != Hdf5Kind::kBytes) return;
  const Hdf5Handle type = own_hdf5(H5Dget_type(dataset), array.path, file.path());
  H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
  H5Pfill_value_defined(plist.id(), &defined);
  if (defined == H5D_FILL_VALUE_USER_DEFINED) {
    check_hdf5(H5Pget_fill_value(plist.id(), type.id(), array.fill.data()), array.path,
               file.path());
  }
}

}  // namespace

Hdf5Dataset::Hdf5Dataset(const Hdf5File& file, const std::string& path) : file_(file) {
  const Hdf5Lock lock;
  array_.path = path;
  handle_ = own_hdf5(H5Dopen2(file.id(), ("/" + path).c_str(), H5P_DEFAULT), path, file.path());
  const Hdf5Handle type = own_hdf5(H5Dget_type(handle_.id()), path, file.path());
  array_.type = describe_hdf5_type(type.id());
  if (array_.type.size_bytes == 0 || array_.type.size_bytes > kMaxElementBytes)
    refuse(file, path, ErrorCode::kCorrupt, "elements of an impossible size");
  array_.shape = read_shape(handle_.id(), file, path);
  read_layout(handle_.id(), file, array_);
  if (const auto names = read_text_attribute(handle_.id(), "class_names"))
    array_.class_names = *names;
  if (const auto text = read_text_attribute(handle_.id(), "MATLAB_class"))
    array_.matlab_class = text->front();
}

bool Hdf5Dataset::library_has_filter(int32_t id) const {
  const Hdf5Lock lock;
  const bool there = H5Zfilter_avail(id) > 0;
  H5Eclear2(H5E_DEFAULT);
  return there;
}

void Hdf5Dataset::read_chunk(const std::vector<uint64_t>& first_element, PackedChunk& chunk) const {
  const Hdf5Lock lock;
  const std::vector<hsize_t> at(first_element.begin(), first_element.end());
  hsize_t size = 0;
  chunk.filter_mask = 0;
  if (H5Dget_chunk_storage_size(handle_.id(), at.data(), &size) < 0) {
    const std::string why = take_hdf5_message();
    // What was never written is an error to some versions, and of size 0 to others.
    if (why.find("not allocated") == std::string::npos) {
      refuse(file_, array_.path, ErrorCode::kCorrupt,
             fmt::format("chunk {}: {}", describe_shape(first_element), why));
    }
    size = 0;
  }
  if (size > file_.bytes().size()) {
    refuse(file_, array_.path, ErrorCode::kCorrupt,
           fmt::format("chunk {} of {} bytes in a file of {}", describe_shape(first_element), size,
                       file_.bytes().size()));
  }
  chunk.bytes.resize(size);
  if (size == 0) return;
  check_hdf5(
      H5Dread_chunk(handle_.id(), H5P_DEFAULT, at.data(), &chunk.filter_mask, chunk.bytes.data()),
      array_.path + ": chunk " + describe_shape(first_element), file_.path());
}

// `out` has room for the box as the library lays it out in memory.
void Hdf5Dataset::read_selected(const std::vector<uint64_t>& start,
                                const std::vector<uint64_t>& count, int64_t memory_space,
                                int64_t type, uint8_t* out) const {
  const std::string& name = array_.path;
  const Hdf5Handle space = own_hdf5(H5Dget_space(handle_.id()), name, file_.path());
  const std::vector<hsize_t> from(start.begin(), start.end());
  const std::vector<hsize_t> extents(count.begin(), count.end());
  if (!extents.empty()) {
    check_hdf5(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, from.data(), nullptr, extents.data(),
                                   nullptr),
               name, file_.path());
  }
  check_hdf5(H5Dread(handle_.id(), type, memory_space, space.id(), H5P_DEFAULT, out), name,
             file_.path());
}

Hdf5Handle Hdf5Dataset::memory_space(const std::vector<uint64_t>& count) const {
  const std::vector<hsize_t> extents(count.begin(), count.end());
  const int rank = static_cast<int>(extents.size());
  return own_hdf5(
      rank > 0 ? H5Screate_simple(rank, extents.data(), nullptr) : H5Screate(H5S_SCALAR),
      array_.path, file_.path());
}

void Hdf5Dataset::read_box(const std::vector<uint64_t>& start, const std::vector<uint64_t>& count,
                           std::span<uint8_t> out) const {
  const Hdf5Lock lock;
  const Hdf5Handle type = own_hdf5(H5Dget_type(handle_.id()), array_.path, file_.path());
  const Hdf5Handle memory = memory_space(count);
  read_selected(start, count, memory.id(), type.id(), out.data());
}

std::vector<Bytes> Hdf5Dataset::read_values(const std::vector<uint64_t>& start,
                                            const std::vector<uint64_t>& count) const {
  const Hdf5Lock lock;
  const Hdf5Handle type = own_hdf5(H5Dget_type(handle_.id()), array_.path, file_.path());
  const Hdf5Handle memory = memory_space(count);
  const hssize_t elements = H5Sget_simple_extent_npoints(memory.id());
  check_hdf5(elements, array_.path, file_.path());
  Bytes buffer(static_cast<size_t>(elements) * H5Tget_size(type.id()));
  read_selected(start, count, memory.id(), type.id(), buffer.data());
  std::vector<Bytes> values;
  for (const std::string& text :
       take_strings(array_.type, type.id(), memory.id(), static_cast<uint64_t>(elements), buffer)) {
    values.emplace_back(text.begin(), text.end());
  }
  return values;
}

}  // namespace stoker
