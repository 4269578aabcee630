#include "formats/cifar/cifar_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "formats/cifar/pickle_array.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

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

std::string split_of(const std::string& stem) {
  return stem.starts_with("test") ? "test" : "train";
}

NamedStack stack_of(const fs::path& path) {
  NamedStack stack;
  stack.split = split_of(path.stem().string());
  stack.prefix = path.stem().string() + "/";
  stack.files = {path};
  return stack;
}

// Rows of planes, seen with channels last. `row` and `element`: strides in bytes.
StridedArray pixels_of(const fs::path& path, uint64_t count, int64_t row, int64_t element) {
  StridedArray array;
  array.path = path.string();
  array.shape = {count, kSide, kSide, 3};
  array.strides_bytes = {row, kSide * element, element, kPlane * element};
  return array;
}

// A record has two label bytes where that alone fits the file's size, or where the names of
// CIFAR-100 lie beside.
uint64_t label_bytes(const fs::path& path, uint64_t size) {
  const bool one = size % (kPixels + 1) == 0;
  const bool two = size % (kPixels + 2) == 0;
  if (size == 0 || (!one && !two)) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("is of {} bytes, no multiple of {} (CIFAR-10) or {} (CIFAR-100): is it "
                            "cut short?",
                            size, kPixels + 1, kPixels + 2),
                path.string());
  }
  if (one && two) return fs::exists(path.parent_path() / "fine_label_names.txt") ? 2 : 1;
  return two ? 2 : 1;
}

StridedArray list_array(const fs::path& path, const std::vector<int64_t>& values) {
  StridedArray array;
  array.path = path.string();
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
StridedArray pickled_pixels(const fs::path& path, const std::shared_ptr<const MappedFile>& file,
                            const PickledArray& data) {
  if (data.shape.size() != 2 || data.shape[1] != kPixels || data.type.size_bytes != 1) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("expected uint8 data of shape (N, {}), found {} of ({})", kPixels,
                            element_type_name(data.type), fmt::join(data.shape, ", ")));
  }
  const auto count = static_cast<int64_t>(data.shape[0]);
  StridedArray array = data.fortran_order
                           ? pixels_of(path, data.shape[0], 1, count)
                           : pixels_of(path, data.shape[0], static_cast<int64_t>(kPixels), 1);
  const uint8_t* begin = file->bytes().data();
  if (data.elements.data() >= begin && data.elements.data() < begin + file->size()) {
    array.file_offset_bytes = static_cast<uint64_t>(data.elements.data() - begin);
    array.bytes =
        std::make_shared<MappedBytes>(file, array.file_offset_bytes, data.elements.size());
  } else {
    array.bytes = std::make_shared<MemoryBytes>(Bytes(data.elements.begin(), data.elements.end()));
  }
  return array;
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::vector<std::string> lines;
  if (!fs::exists(path)) return lines;
  std::istringstream text(read_text_file(path));
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> read_pickled_list(const fs::path& path, std::string_view key) {
  if (!fs::exists(path)) return {};
  try {
    const Bytes pickle = read_file(path);
    const PickleValues values(pickle);
    const PickleValue* list = values.find(values.root(), key);
    if (list == nullptr) return {};
    return pickled_texts(values, *list, std::string(key));
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

}  // namespace

CifarKind cifar_kind(const fs::path& path) {
  if (!is_batch_name(path.stem().string())) return CifarKind::kNone;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return CifarKind::kNone;
  if (path.extension() == ".bin") return CifarKind::kBinary;
  if (path.has_extension()) return CifarKind::kNone;
  const RangeFile file(path);
  const Bytes front = file.read(0, std::min<uint64_t>(2, file.size()));
  return looks_like_pickle(front) ? CifarKind::kPickle : CifarKind::kNone;
}

bool is_cifar_folder(const fs::path& folder) {
  for (const char* name : {"data_batch_1.bin", "train.bin", "test_batch.bin", "data_batch_1",
                           "test_batch", "train", "test"}) {
    if (cifar_kind(folder / name) != CifarKind::kNone) return true;
  }
  return false;
}

NamedStack open_cifar_binary(const fs::path& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  const uint64_t labels = label_bytes(path, file->size());
  const uint64_t record = labels + kPixels;
  const auto whole = std::make_shared<MappedBytes>(file, 0, file->size());
  NamedStack stack = stack_of(path);
  StridedArray pixels = pixels_of(path, file->size() / record, static_cast<int64_t>(record), 1);
  pixels.offset_bytes = labels;
  pixels.bytes = whole;
  stack.arrays.push_back({"images", "images", std::move(pixels)});
  for (uint64_t i = 0; i < labels; ++i) {
    StridedArray label;
    label.path = path.string();
    label.shape = {file->size() / record};
    label.strides_bytes = {static_cast<int64_t>(record)};
    label.offset_bytes = i;
    label.bytes = whole;
    const char* name = i + 1 == labels ? "labels" : "coarse_label";
    stack.arrays.push_back({name, name, std::move(label)});
  }
  return stack;
}

NamedStack open_cifar_pickle(const fs::path& path, std::vector<std::string>& names) {
  try {
    const auto file = std::make_shared<const MappedFile>(path);
    const PickleValues values(file->bytes());
    NamedStack stack = stack_of(path);
    const PickleValue* data = values.find(values.root(), "data");
    if (data == nullptr) {
      throw Error(ErrorCode::kCorrupt,
                  "is no CIFAR batch: its pickle is no dictionary with 'data'");
    }
    stack.arrays.push_back(
        {"images", "images", pickled_pixels(path, file, pickled_array(values, *data, "data"))});
    for (const auto& [key, name] :
         {std::pair{"coarse_labels", "coarse_label"}, std::pair{"labels", "labels"},
          std::pair{"fine_labels", "labels"}}) {
      const PickleValue* list = values.find(values.root(), key);
      if (list == nullptr) continue;
      stack.arrays.push_back({key, name, list_array(path, pickled_integers(values, *list, key))});
    }
    if (const PickleValue* list = values.find(values.root(), "filenames"))
      names = pickled_texts(values, *list, "filenames");
    return stack;
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

CifarNames read_cifar_names(const fs::path& folder) {
  CifarNames names;
  names.classes = read_lines(folder / "batches.meta.txt");
  if (names.classes.empty()) names.classes = read_lines(folder / "fine_label_names.txt");
  if (names.classes.empty())
    names.classes = read_pickled_list(folder / "batches.meta", "label_names");
  if (names.classes.empty()) names.classes = read_pickled_list(folder / "meta", "fine_label_names");
  names.coarse = read_lines(folder / "coarse_label_names.txt");
  if (names.coarse.empty()) names.coarse = read_pickled_list(folder / "meta", "coarse_label_names");
  return names;
}

}  // namespace stoker
