#include "formats/lmdb/lmdb_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "formats/cifar/pickle_values.h"
#include "formats/image_names.h"
#include "formats/lmdb/lmdb_value.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/image/image_probe.h"

namespace stoker {
namespace {

constexpr size_t kLooks = 16;
constexpr size_t kMostNumberBytes = 24;
constexpr std::string_view kKeysKey = "__keys__";
constexpr std::string_view kLengthKey = "__len__";
constexpr std::array<std::string_view, 4> kCountKeys{"num-samples", "num_samples", "nSamples",
                                                     "length"};
constexpr std::array<std::string_view, 4> kImagePrefixes{"image", "img", "images", "jpg"};

// What is told of the set as a whole, apart from its samples.
struct Parts {
  std::vector<LmdbEntry> samples;
  std::optional<int64_t> count;
  std::string count_key;
  std::optional<std::vector<std::string>> keys;
  bool has_length = false;  // __len__ or __keys__, read or not
  std::vector<SampleNote> notes;
};

std::string_view key_text(const LmdbEntry& entry) {
  std::string_view key = as_text(entry.key);
  while (!key.empty() && key.back() == '\0')
    key.remove_suffix(1);
  return key;
}

std::string name_of(const LmdbEntry& entry, bool integer_keys) {
  if (integer_keys && entry.key.size() == 8)
    return std::to_string(load_le<uint64_t>(entry.key.data()));
  if (integer_keys && entry.key.size() == 4)
    return std::to_string(load_le<uint32_t>(entry.key.data()));
  const std::string_view text = key_text(entry);
  if (!text.empty() && is_plain_text(as_bytes(text)) && text.find('\n') == text.npos)
    return std::string(text);
  std::string digits;
  for (const uint8_t byte : entry.key)
    digits += fmt::format("{:02x}", byte);
  return digits;
}

Parts part_entries(ByteSpan file, const LmdbMeta& meta, const std::vector<LmdbEntry>& entries) {
  Parts parts;
  for (const LmdbEntry& entry : entries) {
    const std::string_view key = key_text(entry);
    const bool counts = std::find(kCountKeys.begin(), kCountKeys.end(), key) != kCountKeys.end();
    const bool reserved = key.size() > 4 && key.starts_with("__") && key.ends_with("__");
    if (!counts && !reserved) {
      parts.samples.push_back(entry);
      continue;
    }
    const ByteSpan value = lmdb_value(file, meta, entry);
    std::optional<int64_t> count;
    if (counts) count = number_in_text(value);
    if (key == kLengthKey) count = pickled_count(value);
    if (count) {
      parts.count = count;
      parts.count_key = key;
    }
    if (key == kKeysKey) parts.keys = pickled_keys(value);
    parts.has_length = parts.has_length || key == kLengthKey || key == kKeysKey;
    if (!count && !(key == kKeysKey && parts.keys)) {
      parts.notes.push_back({std::string(key), "left out: it is no sample", {}, 0});
    }
  }
  return parts;
}

// Fewer than there should be are a file that was not written to its end.
void check_count(const Parts& parts, uint64_t found, std::vector<SampleNote>& notes) {
  if (!parts.count || std::cmp_equal(*parts.count, found)) return;
  const std::string told =
      fmt::format("'{}' says {} samples, there are {}", parts.count_key, *parts.count, found);
  if (std::cmp_greater(*parts.count, found)) throw Error(ErrorCode::kCorrupt, told);
  notes.push_back({parts.count_key, told, {}, 0});
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// By value, though they may have any number of digits.
bool is_smaller_number(std::string_view a, std::string_view b) {
  const auto plain = [](std::string_view text) {
    return text.substr(std::min(text.find_first_not_of('0'), text.size()));
  };
  const std::string_view x = plain(a);
  const std::string_view y = plain(b);
  return x.size() != y.size() ? x.size() < y.size() : x < y;
}

// As __keys__ has them, else keys that are all numbers by their values, else as they lie.
std::vector<LmdbEntry> ordered(const Parts& parts, std::vector<SampleNote>& notes) {
  std::vector<LmdbEntry> entries = parts.samples;
  if (!parts.keys) {
    const bool numbers = std::all_of(entries.begin(), entries.end(), [](const LmdbEntry& entry) {
      return is_digits(key_text(entry));
    });
    if (numbers) {
      std::stable_sort(entries.begin(), entries.end(), [](const LmdbEntry& a, const LmdbEntry& b) {
        return is_smaller_number(key_text(a), key_text(b));
      });
    }
    check_count(parts, entries.size(), notes);
    return entries;
  }
  std::unordered_map<std::string_view, const LmdbEntry*> by_key;
  for (const LmdbEntry& entry : parts.samples)
    by_key.emplace(as_text(entry.key), &entry);
  entries.clear();
  for (const std::string& key : *parts.keys) {
    const auto found = by_key.find(key);
    if (found == by_key.end() || found->second == nullptr) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("'__keys__' names '{}', which is {}", key,
                              found == by_key.end() ? "not there" : "named twice"));
    }
    entries.push_back(*found->second);
    found->second = nullptr;
  }
  if (entries.size() < parts.samples.size()) {
    notes.push_back({std::string(kKeysKey),
                     fmt::format("{} entries that it does not name are left out",
                                 parts.samples.size() - entries.size()),
                     {},
                     0});
  }
  return entries;
}

bool is_number(ByteSpan file, const LmdbMeta& meta, const LmdbEntry& entry) {
  if (entry.is_overflow || entry.value_bytes > kMostNumberBytes) return false;
  const ByteSpan value = lmdb_value(file, meta, entry);
  const std::string_view text = as_text(value);
  const bool padded = text.size() > 1 && text[0] == '0' && is_digits(text.substr(1, 1));
  return !padded && number_in_text(value).has_value();
}

// `column` of the samples' values, `step` a sample.
LmdbColumn make_column(ByteSpan file, const LmdbMeta& meta, std::string name,
                       const std::vector<LmdbEntry>& values, size_t column, size_t step) {
  bool numbers = true;
  bool texts = true;
  bool image = false;
  for (size_t i = column; i < values.size() && (numbers || i / step < kLooks); i += step) {
    numbers = numbers && is_number(file, meta, values[i]);
    if (i / step >= kLooks) continue;
    const ByteSpan value = lmdb_value(file, meta, values[i]);
    texts = texts && is_plain_text(value);
    image = image || image_kind(value) != ImageKind::kUnknown;
  }
  if (numbers) return {{std::move(name), ColumnKind::kNumbers, true}, LmdbForm::kNumber};
  if (image) return {{std::move(name), ColumnKind::kImage, true}, LmdbForm::kBytes};
  if (texts) return {{std::move(name), ColumnKind::kText, true}, LmdbForm::kText};
  return {{std::move(name), ColumnKind::kBytes, true}, LmdbForm::kBytes};
}

struct NumberedKey {
  std::string prefix;
  std::string_view digits;
};

// "image-000000001"
std::optional<NumberedKey> parse_numbered(const LmdbEntry& entry) {
  const std::string_view key = key_text(entry);
  const size_t last = key.find_last_not_of("0123456789");
  if (last == key.npos || last == 0 || last + 1 == key.size()) return std::nullopt;
  if (key[last] != '-' && key[last] != '_') return std::nullopt;
  return NumberedKey{std::string(key.substr(0, last)), key.substr(last + 1)};
}

struct Numbered {
  std::vector<std::string> prefixes;
  std::vector<std::string_view> numbers;  // one a sample
  std::map<std::string, std::map<std::string_view, const LmdbEntry*>> by_prefix;
};

bool is_image_prefix(const std::string& prefix) {
  return std::find(kImagePrefixes.begin(), kImagePrefixes.end(), to_lower(prefix)) !=
         kImagePrefixes.end();
}

// Nothing where the keys are others. Names such as cat_1 and dog_1 are no columns.
std::optional<Numbered> find_numbered(const Parts& parts) {
  Numbered found;
  for (const LmdbEntry& entry : parts.samples) {
    const auto key = parse_numbered(entry);
    if (!key) return std::nullopt;
    found.by_prefix[key->prefix].emplace(key->digits, &entry);
  }
  std::string image;
  for (const auto& [prefix, entries] : found.by_prefix) {
    found.prefixes.push_back(prefix);
    if (is_image_prefix(prefix)) image = prefix;
  }
  if (image.empty() || (found.prefixes.size() < 2 && !parts.count)) return std::nullopt;
  for (const auto& [digits, entry] : found.by_prefix.at(image))
    found.numbers.push_back(digits);
  std::stable_sort(found.numbers.begin(), found.numbers.end(), is_smaller_number);
  return found;
}

// Those past the count are of an earlier set of that name: nobody reads them.
void leave_out_past_count(const Parts& parts, Numbered& numbered, std::vector<SampleNote>& notes) {
  check_count(parts, numbered.numbers.size(), notes);
  if (parts.count && std::cmp_less(*parts.count, numbered.numbers.size()))
    numbered.numbers.resize(static_cast<size_t>(std::max<int64_t>(*parts.count, 0)));
}

// A transcription is no class, and would be one of thousands.
void call_texts_text(LmdbSamples& samples) {
  const auto is_called = [](const char* name) {
    return [name](const LmdbColumn& c) { return c.column.name == name; };
  };
  const auto label =
      std::find_if(samples.columns.begin(), samples.columns.end(), is_called("label"));
  if (label == samples.columns.end() || label->form != LmdbForm::kText) return;
  if (std::any_of(samples.columns.begin(), samples.columns.end(), is_called("text"))) return;
  label->column.name = "text";
  samples.notes.push_back(
      {"label", "is kept as 'text'; --field label=text makes classes of its texts", {}, 0});
}

LmdbSamples make_numbered(ByteSpan file, const LmdbMeta& meta, const Parts& parts,
                          Numbered numbered) {
  LmdbSamples samples;
  leave_out_past_count(parts, numbered, samples.notes);
  std::vector<std::string> columns;
  for (const std::string& prefix : numbered.prefixes) {
    const auto& entries = numbered.by_prefix.at(prefix);
    const auto missing = std::find_if(numbered.numbers.begin(), numbered.numbers.end(),
                                      [&](std::string_view n) { return !entries.contains(n); });
    if (missing == numbered.numbers.end()) {
      columns.push_back(prefix);
    } else if (prefix == "label") {
      throw Error(ErrorCode::kCorrupt, fmt::format("sample {} has no '{}'", *missing, prefix));
    } else {
      samples.notes.push_back(
          {prefix, fmt::format("left out: sample {} has none", *missing), {}, 0});
    }
  }
  for (const std::string_view number : numbered.numbers) {
    samples.names.emplace_back(number);
    for (const std::string& column : columns)
      samples.values.push_back(*numbered.by_prefix.at(column).at(number));
  }
  for (size_t c = 0; c < columns.size(); ++c)
    samples.columns.push_back(
        make_column(file, meta, columns[c], samples.values, c, columns.size()));
  call_texts_text(samples);
  return samples;
}

[[noreturn]] void refuse_values(ByteSpan value, bool has_length, const LmdbEntry& entry) {
  std::string what = "its values are neither image files nor what is known here";
  if (looks_like_datum(value)) {
    what =
        "its values are Caffe's Datums, which are not read: write each image as a file (PNG) "
        "under its key, and the labels beside them";
  } else if (has_length) {
    what =
        "its values were serialised by a library (pyarrow, msgpack ...) and are not read: write "
        "them anew as pickled pairs of (image file, label), or as image files";
  }
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} (the first key is '{}')", what, name_of(entry, false)), {},
              entry.value_offset);
}

void make_pairs(ByteSpan first, const LmdbEntry& entry, LmdbSamples& samples) {
  Sample memory;
  PickledPair pair;
  try {
    pair = decode_pickled_pair(first, memory);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("key '{}': {}", name_of(entry, false), error.message()),
                {}, entry.value_offset);
  }
  const bool is_number = pair.label.is_array;
  samples.columns = {{{"image", ColumnKind::kImage, true}, LmdbForm::kPickledPair},
                     {{"label", is_number ? ColumnKind::kNumbers : ColumnKind::kText, true},
                      LmdbForm::kPickledPair}};
}

}  // namespace

LmdbSamples lmdb_samples(ByteSpan file, const LmdbMeta& meta, const std::vector<LmdbEntry>& entries,
                         bool integer_keys) {
  const Parts parts = part_entries(file, meta, entries);
  if (parts.samples.empty()) throw Error(ErrorCode::kUnsupported, "holds no sample");
  LmdbSamples samples;
  const auto numbered = integer_keys ? std::nullopt : find_numbered(parts);
  if (numbered) {
    samples = make_numbered(file, meta, parts, *numbered);
  } else {
    samples.values = ordered(parts, samples.notes);
    for (const LmdbEntry& entry : samples.values)
      samples.names.push_back(name_of(entry, integer_keys));
  }
  samples.notes.insert(samples.notes.end(), parts.notes.begin(), parts.notes.end());
  if (samples.names.empty()) throw Error(ErrorCode::kUnsupported, "holds no sample");
  if (numbered) return samples;
  const ByteSpan first = lmdb_value(file, meta, samples.values.front());
  if (looks_like_pickle(first)) {
    make_pairs(first, samples.values.front(), samples);
    return samples;
  }
  samples.columns = {make_column(file, meta, "image", samples.values, 0, 1)};
  if (samples.columns.front().column.kind != ColumnKind::kImage)
    refuse_values(first, parts.has_length, samples.values.front());
  return samples;
}

LmdbSamples lmdb_samples(ByteSpan file, const LmdbMeta& meta,
                         const std::vector<LmdbDatabase>& databases) {
  LmdbSamples samples;
  const LmdbDatabase& first = databases.front();
  const size_t step = databases.size();
  samples.values.resize(first.entries.size() * step);
  for (size_t d = 0; d < step; ++d) {
    const std::vector<LmdbEntry>& entries = databases[d].entries;
    const bool equal = std::equal(
        entries.begin(), entries.end(), first.entries.begin(), first.entries.end(),
        [](const LmdbEntry& a, const LmdbEntry& b) { return as_text(a.key) == as_text(b.key); });
    if (!equal) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("the named databases '{}' and '{}' have other keys: they are neither "
                              "splits by their names nor columns of the same samples",
                              first.name, databases[d].name));
    }
    for (size_t i = 0; i < entries.size(); ++i)
      samples.values[i * step + d] = entries[i];
  }
  if (first.entries.empty()) throw Error(ErrorCode::kUnsupported, "holds no sample");
  for (const LmdbEntry& entry : first.entries)
    samples.names.push_back(name_of(entry, first.integer_keys));
  for (size_t d = 0; d < step; ++d)
    samples.columns.push_back(make_column(file, meta, databases[d].name, samples.values, d, step));
  return samples;
}

}  // namespace stoker
