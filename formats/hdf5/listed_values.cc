#include "formats/hdf5/listed_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "formats/hdf5/element_conversion.h"
#include "formats/hdf5/hdf5_value.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

constexpr uint64_t kTextsAtOnce = 4096;

void check_one_each(const Hdf5BoxReader& array, uint64_t samples) {
  if (array.array().element_count() == samples) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("{}: expected one element for each of {} samples, found {}",
                          array.array().path, samples, describe_shape(array.array().shape)),
              array.dataset().file().path());
}

void add_texts(const Hdf5BoxReader& array, std::vector<std::string>& texts) {
  ArrayBox box = row_box(array.array(), std::nullopt);
  const uint64_t rows = box.rank() == 0 ? 1 : box.extent[0];
  for (uint64_t first = 0; first < rows; first += kTextsAtOnce) {
    if (box.rank() > 0) {
      box.start[0] = first;
      box.extent[0] = std::min(kTextsAtOnce, rows - first);
    }
    for (const Bytes& text : array.read_values(box))
      texts.emplace_back(as_text(text));
  }
}

void add_text_of_group(const OpenHdf5Source& source, const Hdf5SampleGroup& group,
                       const Hdf5Candidate& candidate, std::vector<std::string>& texts) {
  const auto file = source.open(group.file);
  if (!candidate.is_attribute) {
    const std::string path =
        group.group.empty() ? candidate.source : group.group + "/" + candidate.source;
    const Hdf5BoxReader array(*file, path);
    check_one_each(array, 1);
    return add_texts(array, texts);
  }
  const auto attributes = file->attributes(group.group);
  const auto found = attributes.find(candidate.source);
  if (found == attributes.end() || !std::holds_alternative<std::string>(found->second)) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("{}: no text '{}' like the first sample's", group.group, candidate.source),
        file->path());
  }
  texts.push_back(std::get<std::string>(found->second));
}

// `take` is given each element in turn.
template <typename Take>
void for_each_number(const Hdf5BoxReader& array, const Take& take) {
  const Hdf5Type& type = array.array().type;
  Bytes elements(array.array().element_count() * type.size_bytes);
  array.read(row_box(array.array(), std::nullopt), elements);
  try {
    for (uint64_t i = 0; i < array.array().element_count(); ++i)
      take(ByteSpan(elements).subspan(i * type.size_bytes, type.size_bytes));
  } catch (const Error& error) {
    throw Error(error.code(), array.array().path + ": " + error.message(),
                array.dataset().file().path());
  }
}

}  // namespace

std::vector<std::string> read_listed_names(const OpenHdf5Source& source, size_t part,
                                           size_t candidate) {
  const Hdf5BoxReader& array = *source.arrays[part][candidate];
  check_one_each(array, source.source.parts[part].sample_count);
  std::vector<std::string> names;
  if (array.array().type.kind == Hdf5Kind::kNumber) {
    for_each_number(array, [&](ByteSpan element) {
      names.push_back(std::to_string(whole_number(array.array().type, element)));
    });
  } else {
    add_texts(array, names);
  }
  return names;
}

TextLabels read_listed_texts(const OpenHdf5Source& source, size_t candidate) {
  std::vector<std::string> texts;
  for (size_t part = 0; part < source.source.parts.size(); ++part) {
    const Hdf5BoxReader& array = *source.arrays[part][candidate];
    check_one_each(array, source.source.parts[part].sample_count);
    add_texts(array, texts);
  }
  for (const Hdf5SampleGroup& group : source.source.groups)
    add_text_of_group(source, group, source.source.candidates[candidate], texts);
  return number_texts(texts, source.source.class_names);
}

void read_listed_labels(const OpenHdf5Source& source, size_t part, size_t candidate,
                        std::vector<int32_t>& labels) {
  const Hdf5BoxReader& array = *source.arrays[part][candidate];
  check_one_each(array, source.source.parts[part].sample_count);
  for_each_number(
      array, [&](ByteSpan element) { labels.push_back(label_of(array.array().type, element)); });
}

}  // namespace stoker
