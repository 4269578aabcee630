#include "formats/hdf5/hdf5_sink.h"

#include <hdf5.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// So much is packed at a time, whatever the number of threads: it decides where chunks lie.
constexpr uint64_t kPendingBytes = uint64_t{16} << 20;
constexpr uint64_t kValuesAtOnce = 1024;  // of any length; also a chunk of references to them
constexpr uint64_t kValueBytesAtOnce = uint64_t{8} << 20;

// IEEE 754 binary16, which has no name in the library.
Hdf5Handle half_type() {
  Hdf5Handle half(H5Tcopy(H5T_IEEE_F32LE));
  H5Tset_fields(half.id(), 15, 10, 5, 0, 10);
  H5Tset_size(half.id(), 2);
  H5Tset_ebias(half.id(), 15);
  return half;
}

Hdf5Handle number_type(DType dtype) {
  switch (dtype) {
    case DType::kUInt8:
      return Hdf5Handle(H5Tcopy(H5T_STD_U8LE));
    case DType::kInt8:
      return Hdf5Handle(H5Tcopy(H5T_STD_I8LE));
    case DType::kUInt16:
      return Hdf5Handle(H5Tcopy(H5T_STD_U16LE));
    case DType::kInt16:
      return Hdf5Handle(H5Tcopy(H5T_STD_I16LE));
    case DType::kInt32:
      return Hdf5Handle(H5Tcopy(H5T_STD_I32LE));
    case DType::kInt64:
      return Hdf5Handle(H5Tcopy(H5T_STD_I64LE));
    case DType::kFloat32:
      return Hdf5Handle(H5Tcopy(H5T_IEEE_F32LE));
    case DType::kFloat16:
      break;
  }
  return half_type();
}

Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

Hdf5Handle create_file(const fs::path& path) {
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
  H5Pset_file_locking(access.id(), false, true);  // the folder is locked; network disks refuse
  const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE));
  H5Pset_obj_track_times(creation.id(), false);
  return own_hdf5(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), "create",
                  path.string());
}

Hdf5Handle without_times() {
  Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_obj_track_times(creation.id(), false);
  return creation;
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts)
    pointers.push_back(text.c_str());
  return pointers;
}

}  // namespace

struct Hdf5Sink::Dataset {
  std::string name;
  Hdf5Handle type;
  Hdf5Handle id;
  uint64_t rows = 0;  // appended
  // Of rows; else values are of any length.
  std::optional<RowChunker> chunker;
  size_t element_bytes = 0;
  uint64_t row_bytes = 0;
  std::vector<uint64_t> row_extent;
  // Of any length: what waits to be written, and what has been.
  Hdf5AnyLength kind = Hdf5AnyLength::kBytes;
  std::vector<Bytes> values;
  uint64_t value_bytes = 0;
  uint64_t written = 0;

  std::string what() const { return "write " + name; }
};

Hdf5Sink::Hdf5Sink(const fs::path& path, uint64_t rows, const Hdf5Compression& compression)
    : path_(path),
      temporary_(path.string() + kTemporaryEnding),
      rows_(std::max<uint64_t>(1, rows)),
      compression_(compression) {
  const Hdf5Lock lock;
  file_ = create_file(temporary_);
}

Hdf5Sink::~Hdf5Sink() {
  if (finished_) return;
  datasets_.clear();
  file_ = Hdf5Handle();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

// Rows may be added by whoever comes later: h5py's resize().
Hdf5Handle Hdf5Sink::create_dataset(const std::string& name, int64_t type,
                                    const std::vector<uint64_t>& extent,
                                    const std::vector<uint64_t>& chunk,
                                    size_t element_bytes) const {
  const std::string what = "write " + name;
  const std::vector<hsize_t> now(extent.begin(), extent.end());
  std::vector<hsize_t> most = now;
  most[0] = H5S_UNLIMITED;
  const std::vector<hsize_t> pieces(chunk.begin(), chunk.end());
  const int rank = static_cast<int>(now.size());
  const Hdf5Handle creation = without_times();
  check_hdf5(H5Pset_chunk(creation.id(), rank, pieces.data()), what, path_.string());
  if (element_bytes > 0 && compression_.deflate_level > 0) {
    if (element_bytes > 1) H5Pset_shuffle(creation.id());
    H5Pset_deflate(creation.id(), static_cast<unsigned>(compression_.deflate_level));
  }
  const Hdf5Handle space =
      own_hdf5(H5Screate_simple(rank, now.data(), most.data()), what, path_.string());
  return own_hdf5(H5Dcreate2(file_.id(), name.c_str(), type, space.id(), H5P_DEFAULT, creation.id(),
                             H5P_DEFAULT),
                  what, path_.string());
}

size_t Hdf5Sink::add_rows(const std::string& name, const RowShape& shape) {
  const Hdf5Lock lock;
  auto dataset = std::make_unique<Dataset>();
  dataset->name = name;
  dataset->element_bytes = dtype_size(shape.dtype);
  dataset->row_bytes = shape.byte_count();
  dataset->row_extent = shape.extent;
  dataset->chunker.emplace(shape, rows_);
  dataset->type = number_type(shape.dtype);
  std::vector<uint64_t> extent{rows_};
  extent.insert(extent.end(), shape.extent.begin(), shape.extent.end());
  dataset->id = create_dataset(name, dataset->type.id(), extent, dataset->chunker->chunk(),
                               dataset->element_bytes);
  datasets_.push_back(std::move(dataset));
  return datasets_.size() - 1;
}

size_t Hdf5Sink::add_any_length(const std::string& name, Hdf5AnyLength kind) {
  const Hdf5Lock lock;
  auto dataset = std::make_unique<Dataset>();
  dataset->name = name;
  dataset->kind = kind;
  dataset->type =
      kind == Hdf5AnyLength::kText ? text_type() : Hdf5Handle(H5Tvlen_create(H5T_STD_U8LE));
  dataset->id =
      create_dataset(name, dataset->type.id(), {rows_}, {std::min(rows_, kValuesAtOnce)}, 0);
  datasets_.push_back(std::move(dataset));
  return datasets_.size() - 1;
}

void Hdf5Sink::append(size_t number, ByteSpan value) {
  Dataset& dataset = *datasets_[number];
  const bool fits = !dataset.chunker || value.size() == dataset.row_bytes;
  if (dataset.rows == rows_ || !fits) {
    throw Error(ErrorCode::kInternal, dataset.name + ": a row that was not announced",
                path_.string());
  }
  size_bytes_ += value.size();
  ++dataset.rows;
  if (!dataset.chunker) return append_value(dataset, value);
  dataset.chunker->append(value, pending_);
  for (size_t i = pending_of_.size(); i < pending_.size(); ++i)
    pending_bytes_ += pending_[i].bytes.size();
  pending_of_.resize(pending_.size(), number);
  if (pending_bytes_ >= kPendingBytes) write_pending();
}

// Packed on all threads, then written in the order in which they were closed.
void Hdf5Sink::write_pending() {
  run_parallel(pending_.size(), [&](uint64_t i) {
    pack_chunk(datasets_[pending_of_[i]]->element_bytes, compression_.deflate_level, pending_[i]);
  });
  const Hdf5Lock lock;
  for (size_t i = 0; i < pending_.size(); ++i) {
    const RowChunk& chunk = pending_[i];
    const Dataset& dataset = *datasets_[pending_of_[i]];
    const std::vector<hsize_t> start(chunk.start.begin(), chunk.start.end());
    check_hdf5(H5Dwrite_chunk(dataset.id.id(), H5P_DEFAULT, chunk.filter_mask, start.data(),
                              chunk.bytes.size(), chunk.bytes.data()),
               dataset.what(), path_.string());
  }
  pending_.clear();
  pending_of_.clear();
  pending_bytes_ = 0;
}

void Hdf5Sink::append_value(Dataset& dataset, ByteSpan value) {
  const bool text = dataset.kind == Hdf5AnyLength::kText;
  if (text && std::find(value.begin(), value.end(), uint8_t{0}) != value.end()) {
    throw Error(ErrorCode::kInvalidArgument,
                dataset.name + ": a text with a zero byte in it cannot be stored as HDF5 text",
                path_.string());
  }
  dataset.values.emplace_back(value.begin(), value.end());
  if (text) dataset.values.back().push_back(0);
  dataset.value_bytes += value.size();
  const bool enough =
      dataset.values.size() == kValuesAtOnce || dataset.value_bytes >= kValueBytesAtOnce;
  if (enough) write_values(dataset);
}

void Hdf5Sink::write_values(Dataset& dataset) {
  if (dataset.values.empty()) return;
  const Hdf5Lock lock;
  const hsize_t start = dataset.written;
  const hsize_t count = dataset.values.size();
  std::vector<hvl_t> pieces;
  std::vector<const char*> texts;
  for (Bytes& value : dataset.values) {
    pieces.push_back({value.size(), value.data()});
    texts.push_back(reinterpret_cast<const char*>(value.data()));
  }
  const void* const elements = dataset.kind == Hdf5AnyLength::kText
                                   ? static_cast<const void*>(texts.data())
                                   : static_cast<const void*>(pieces.data());
  const Hdf5Handle space = own_hdf5(H5Dget_space(dataset.id.id()), dataset.what(), path_.string());
  check_hdf5(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &start, nullptr, &count, nullptr),
             dataset.what(), path_.string());
  const Hdf5Handle memory =
      own_hdf5(H5Screate_simple(1, &count, nullptr), dataset.what(), path_.string());
  check_hdf5(
      H5Dwrite(dataset.id.id(), dataset.type.id(), memory.id(), space.id(), H5P_DEFAULT, elements),
      dataset.what(), path_.string());
  dataset.written += count;
  dataset.values.clear();
  dataset.value_bytes = 0;
}

int64_t Hdf5Sink::object_of(const std::string& name) const {
  for (const auto& dataset : datasets_)
    if (dataset->name == name) return dataset->id.id();
  return file_.id();
}

void Hdf5Sink::set_text(const std::string& dataset, const std::string& name,
                        const std::string& text) {
  const Hdf5Lock lock;
  const std::string what = "write attribute " + name;
  const Hdf5Handle type = text_type();
  const Hdf5Handle space(H5Screate(H5S_SCALAR));
  const Hdf5Handle attribute = own_hdf5(
      H5Acreate2(object_of(dataset), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT),
      what, path_.string());
  const char* const value = text.c_str();
  check_hdf5(H5Awrite(attribute.id(), type.id(), &value), what, path_.string());
}

void Hdf5Sink::set_texts(const std::string& dataset, const std::string& name,
                         const std::vector<std::string>& texts) {
  const Hdf5Lock lock;
  const std::string what = "write attribute " + name;
  const Hdf5Handle type = text_type();
  const hsize_t count = texts.size();
  const Hdf5Handle space(H5Screate_simple(1, &count, nullptr));
  const Hdf5Handle attribute = own_hdf5(
      H5Acreate2(object_of(dataset), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT),
      what, path_.string());
  check_hdf5(H5Awrite(attribute.id(), type.id(), pointers_to(texts).data()), what, path_.string());
}

void Hdf5Sink::add_texts(const std::string& name, const std::vector<std::string>& texts) {
  const Hdf5Lock lock;
  const std::string what = "write " + name;
  const Hdf5Handle type = text_type();
  const hsize_t count = texts.size();
  const Hdf5Handle creation = without_times();
  const Hdf5Handle space(H5Screate_simple(1, &count, nullptr));
  const Hdf5Handle dataset = own_hdf5(H5Dcreate2(file_.id(), name.c_str(), type.id(), space.id(),
                                                 H5P_DEFAULT, creation.id(), H5P_DEFAULT),
                                      what, path_.string());
  check_hdf5(
      H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers_to(texts).data()),
      what, path_.string());
}

void Hdf5Sink::finish() {
  for (size_t number = 0; number < datasets_.size(); ++number) {
    if (datasets_[number]->chunker) datasets_[number]->chunker->finish(pending_);
    pending_of_.resize(pending_.size(), number);
    write_values(*datasets_[number]);
  }
  write_pending();
  {
    const Hdf5Lock lock;
    for (const auto& dataset : datasets_) {
      if (dataset->rows == rows_) continue;  // samples were left out
      std::vector<hsize_t> extents{dataset->rows};
      extents.insert(extents.end(), dataset->row_extent.begin(), dataset->row_extent.end());
      check_hdf5(H5Dset_extent(dataset->id.id(), extents.data()), dataset->what(), path_.string());
    }
    datasets_.clear();
    check_hdf5(H5Fflush(file_.id(), H5F_SCOPE_LOCAL), "write", path_.string());
    check_hdf5(H5Fclose(file_.release()), "write", path_.string());
  }
  sync_file(temporary_);
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) throw system_error("rename to", path_.string(), error.value());
  sync_folder(path_.parent_path());
  finished_ = true;
}

}  // namespace stoker
