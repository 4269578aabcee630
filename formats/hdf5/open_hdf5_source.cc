#include "formats/hdf5/open_hdf5_source.h"

#include <fmt/format.h>

#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// Beyond so many, files are opened for each sample and closed again.
constexpr size_t kMostOpenFiles = 256;

}  // namespace

OpenHdf5Source::OpenHdf5Source(Hdf5Source found, uint64_t cache_bytes)
    : source(std::move(found)), cache(cache_bytes) {
  files.resize(source.files.size());
  const bool keep = source.arrangement == Hdf5Arrangement::kRows || files.size() <= kMostOpenFiles;
  for (size_t i = 0; i < files.size() && keep; ++i)
    files[i] = std::make_shared<const Hdf5File>(source.files[i].path);
  uint64_t number = 0;
  for (const Hdf5Part& part : source.parts) {
    arrays.emplace_back();
    for (const Hdf5RowArray& row : part.arrays)
      arrays.back().push_back(open_array(part, row, number++));
  }
}

std::shared_ptr<const Hdf5File> OpenHdf5Source::open(size_t file) const {
  if (files[file]) return files[file];
  return std::make_shared<const Hdf5File>(source.files[file].path);
}

std::unique_ptr<Hdf5BoxReader> OpenHdf5Source::open_array(const Hdf5Part& part,
                                                          const Hdf5RowArray& row,
                                                          uint64_t number) {
  auto array = std::make_unique<Hdf5BoxReader>(*files[row.file], row.path);
  const Hdf5Array& found = array->array();
  if (row.axis >= found.shape.size() || found.shape[row.axis] != part.sample_count) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{}: expected {} samples, found {}", row.path, part.sample_count,
                            describe_shape(found.shape)),
                files[row.file]->path());
  }
  const bool shared = found.layout == Hdf5Layout::kChunked && found.chunk[row.axis] > 1;
  if (!shared) return array;
  return std::make_unique<Hdf5BoxReader>(*files[row.file], row.path, &cache, number);
}

bool OpenHdf5Source::is_large() const {
  uint64_t bytes = 0;
  for (size_t part = 0; part < arrays.size(); ++part) {
    for (size_t i = 0; i < arrays[part].size(); ++i) {
      const Hdf5Array& found = arrays[part][i]->array();
      const bool packed = found.layout == Hdf5Layout::kChunked && !found.filters.empty();
      if (packed && found.chunk[source.parts[part].arrays[i].axis] > 1) bytes += found.size_bytes();
    }
  }
  return bytes > cache.budget_bytes();
}

}  // namespace stoker
