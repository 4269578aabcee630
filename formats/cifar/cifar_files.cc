#include "formats/cifar/cifar_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "formats/cifar/pickle_array.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/core/text_lines.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kSide = 32;
constexpr int64_t kPlane = kSide * kSide;
constexpr uint64_t kPixels = 3 * kPlane;

bool is_batch_name(const std::string& stem) {
  return stem.starts_with("data_batch") || stem.starts_with("test_batch") || stem == "train" ||
         stem == "test";
}

// Lists of class names.
constexpr std::array<std::string_view, 5> kLists{
    "batches.meta.txt", "batches.meta", "fine_label_names.txt", "coarse_label_names.txt", "meta"};

std::string split_of(const std::string& stem) {
  return stem.starts_with("test") ? "test" : "train";
}

NamedStack stack_of(const CifarFile& batch) {
  const std::string stem = fs::path(batch.name).stem().string();
  NamedStack stack;
  stack.split = split_of(stem);
  stack.prefix = stem + "/";
  stack.files = {batch.path};
  return stack;
}

// Rows of planes, seen with channels last. `row` and `element`: strides in bytes.
StridedArray pixels_of(const CifarFile& batch, uint64_t count, int64_t row, int64_t element) {
  StridedArray array;
  array.path = batch.path.string();
  array.shape = {count, kSide, kSide, 3};
  array.strides_bytes = {row, kSide * element, element, kPlane * element};
  return array;
}

// A record has two label bytes where that alone fits the file's size, or where the names of
// CIFAR-100 lie beside.
uint64_t label_bytes(const CifarFile& batch, bool two_labels) {
  const bool one = batch.size % (kPixels + 1) == 0;
  const bool two = batch.size % (kPixels + 2) == 0;
  if (batch.size == 0 || (!one && !two)) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("'{}' is of {} bytes, no multiple of {} (CIFAR-10) or {} (CIFAR-100): "
                            "is it cut short?",
                            batch.name, batch.size, kPixels + 1, kPixels + 2),
                batch.path.string());
  }
  if (one && two) return two_labels ? 2 : 1;
  return two ? 2 : 1;
}

StridedArray list_array(const CifarFile& batch, const std::vector<int64_t>& values) {
  StridedArray array;
  array.path = batch.path.string();
  array.type = element_type_of(DType::kInt64);
  array.shape = {values.size()};
  array.strides_bytes = {sizeof(int64_t)};
  Bytes bytes(values.size() * sizeof(int64_t));
  for (size_t i = 0; i < values.size(); ++i)
    store_le(bytes.data() + i * sizeof(int64_t), values[i]);
  array.bytes = std::make_shared<MemoryBytes>(std::move(bytes));
  return array;
}

// In place where the elements lie in the file, else a copy.
StridedArray pickled_pixels(const CifarFile& batch, const PickledArray& data) {
  const bool bytes = data.type.kind == ElementKind::kUnsigned && data.type.size_bytes == 1;
  if (data.shape.size() != 2 || data.shape[1] != kPixels || !bytes) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("expected uint8 data of shape (N, {}), found {} of ({})", kPixels,
                            element_type_name(data.type), fmt::join(data.shape, ", ")));
  }
  const auto count = static_cast<int64_t>(data.shape[0]);
  StridedArray array = data.fortran_order
                           ? pixels_of(batch, data.shape[0], 1, count)
                           : pixels_of(batch, data.shape[0], static_cast<int64_t>(kPixels), 1);
  const ByteSpan pickle = batch.contents();
  const uint8_t* begin = pickle.data();
  if (data.elements.data() >= begin && data.elements.data() < begin + pickle.size()) {
    array.offset_bytes = batch.begin + static_cast<uint64_t>(data.elements.data() - begin);
    array.bytes = batch.bytes;
  } else {
    array.bytes = std::make_shared<MemoryBytes>(Bytes(data.elements.begin(), data.elements.end()));
  }
  return array;
}

const CifarFile* find_file(const std::vector<CifarFile>& files, std::string_view name) {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const CifarFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

std::vector<std::string> read_lines(const CifarFile* file) {
  std::vector<std::string> lines;
  if (file == nullptr) return lines;
  for (const TextLine& line : text_lines(as_text(file->contents())))
    if (!line.text.empty()) lines.emplace_back(line.text);
  return lines;
}

std::vector<std::string> read_pickled_list(const CifarFile* file, std::string_view key) {
  if (file == nullptr) return {};
  try {
    const PickleValues values(file->contents());
    const PickleValue* list = values.find(values.root(), key);
    if (list == nullptr) return {};
    return pickled_texts(values, *list, std::string(key));
  } catch (const Error& error) {
    throw error.at(fmt::format("{}: {}", file->path.string(), file->name));
  }
}

}  // namespace

ByteSpan CifarFile::contents() const {
  Bytes unused;  // neither mapped bytes nor those in memory are copied
  return bytes->bytes(begin, size, unused);
}

CifarFile open_cifar_file(const fs::path& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  return {path.filename().string(), path, std::make_shared<MappedBytes>(file, 0, file->size()), 0,
          file->size()};
}

std::vector<CifarFile> list_cifar_folder(const fs::path& folder) {
  std::vector<CifarFile> files;
  for (const fs::path& path : list_files(folder)) {
    const std::string name = path.filename().string();
    const bool is_list = std::find(kLists.begin(), kLists.end(), name) != kLists.end();
    if (is_list || is_cifar_path(path)) files.push_back(open_cifar_file(path));
  }
  return files;
}

CifarKind cifar_kind(const CifarFile& file) {
  const fs::path name(file.name);
  if (!is_batch_name(name.stem().string())) return CifarKind::kNone;
  if (name.extension() == ".bin") return CifarKind::kBinary;
  if (name.has_extension()) return CifarKind::kNone;
  return looks_like_pickle(file.contents()) ? CifarKind::kPickle : CifarKind::kNone;
}

bool is_cifar_path(const fs::path& path) {
  std::error_code error;
  if (!is_batch_name(path.stem().string()) || !fs::is_regular_file(path, error)) return false;
  if (path.extension() == ".bin") return true;
  if (path.has_extension()) return false;
  const RangeFile file(path);
  return looks_like_pickle(file.read(0, std::min<uint64_t>(2, file.size())));
}

bool is_cifar_folder(const fs::path& folder) {
  for (const char* name : {"data_batch_1.bin", "train.bin", "test_batch.bin", "test.bin",
                           "data_batch_1", "test_batch", "train", "test"}) {
    if (is_cifar_path(folder / name)) return true;
  }
  return false;
}

NamedStack open_cifar_binary(const CifarFile& batch, bool two_labels) {
  const uint64_t labels = label_bytes(batch, two_labels);
  const uint64_t record = labels + kPixels;
  NamedStack stack = stack_of(batch);
  StridedArray pixels = pixels_of(batch, batch.size / record, static_cast<int64_t>(record), 1);
  pixels.offset_bytes = batch.begin + labels;
  pixels.bytes = batch.bytes;
  stack.arrays.push_back({"images", "images", std::move(pixels)});
  for (uint64_t i = 0; i < labels; ++i) {
    StridedArray label;
    label.path = batch.path.string();
    label.shape = {batch.size / record};
    label.strides_bytes = {static_cast<int64_t>(record)};
    label.offset_bytes = batch.begin + i;
    label.bytes = batch.bytes;
    const char* name = i + 1 == labels ? "labels" : "coarse_label";
    stack.arrays.push_back({name, name, std::move(label)});
  }
  return stack;
}

NamedStack open_cifar_pickle(const CifarFile& batch, std::vector<std::string>& names) {
  try {
    const PickleValues values(batch.contents());
    NamedStack stack = stack_of(batch);
    const PickleValue* data = values.find(values.root(), "data");
    if (data == nullptr) {
      throw Error(ErrorCode::kCorrupt,
                  "is no CIFAR batch: its pickle is no dictionary with 'data'");
    }
    stack.arrays.push_back(
        {"images", "images", pickled_pixels(batch, pickled_array(values, *data, "data"))});
    for (const auto& [key, name] :
         {std::pair{"coarse_labels", "coarse_label"}, std::pair{"labels", "labels"},
          std::pair{"fine_labels", "labels"}}) {
      const PickleValue* list = values.find(values.root(), key);
      if (list == nullptr) continue;
      stack.arrays.push_back({key, name, list_array(batch, pickled_integers(values, *list, key))});
    }
    if (const PickleValue* list = values.find(values.root(), "filenames"))
      names = pickled_texts(values, *list, "filenames");
    return stack;
  } catch (const Error& error) {
    const std::string path = batch.path.string();
    throw error.at(batch.path.filename() == batch.name ? path
                                                       : fmt::format("{}: {}", path, batch.name));
  }
}

CifarNames read_cifar_names(const std::vector<CifarFile>& files) {
  CifarNames names;
  const CifarFile* meta = find_file(files, "meta");
  names.classes = read_lines(find_file(files, "batches.meta.txt"));
  if (names.classes.empty()) names.classes = read_lines(find_file(files, "fine_label_names.txt"));
  if (names.classes.empty())
    names.classes = read_pickled_list(find_file(files, "batches.meta"), "label_names");
  if (names.classes.empty()) names.classes = read_pickled_list(meta, "fine_label_names");
  names.coarse = read_lines(find_file(files, "coarse_label_names.txt"));
  if (names.coarse.empty()) names.coarse = read_pickled_list(meta, "coarse_label_names");
  return names;
}

}  // namespace stoker
