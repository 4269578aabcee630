#include "libdata/sample/source_record.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <thread>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr const char* kPlanName = "plan";
constexpr const char* kRowsEnding = ".sources";
constexpr uint64_t kPlanMagic = 0x31306e616c706b73;  // "skplan01"
constexpr uint64_t kRowsMagic = 0x3130637273776f72;  // "rowsrc01"
constexpr uint64_t kHashedAtOnce = uint64_t{1} << 20;

fs::path rows_path(const fs::path& output, const std::string& shard_file) {
  return output / kRecordFolder / (shard_file + kRowsEnding);
}

Bytes seal(const std::vector<uint64_t>& numbers) {
  Bytes bytes(8 * numbers.size() + 8);
  for (size_t i = 0; i < numbers.size(); ++i)
    store_le(bytes.data() + 8 * i, numbers[i]);
  store_le(bytes.data() + 8 * numbers.size(), xxh3_64(ByteSpan(bytes).first(8 * numbers.size())));
  return bytes;
}

// Empty where the file is not there, damaged, or of another kind.
std::vector<uint64_t> read_sealed(const fs::path& path, uint64_t magic) {
  Bytes bytes;
  try {
    bytes = read_file(path);
  } catch (const Error&) {
    return {};
  }
  if (bytes.size() % 8 != 0 || bytes.size() < 16) return {};
  const size_t count = bytes.size() / 8 - 1;
  if (load_le<uint64_t>(bytes.data() + 8 * count) != xxh3_64(ByteSpan(bytes).first(8 * count))) {
    return {};
  }
  std::vector<uint64_t> numbers(count);
  for (size_t i = 0; i < count; ++i)
    numbers[i] = load_le<uint64_t>(bytes.data() + 8 * i);
  if (numbers.front() != magic) return {};
  return numbers;
}

void write_record(const fs::path& path, const Bytes& bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) throw system_error("create folder", path.parent_path().string(), error.value());
  write_file_atomically(path, bytes);
}

uint64_t name_key(const PlannedItem& item) {
  return xxh3_64(as_bytes(std::to_string(item.split) + "\t" + item.name));
}

}  // namespace

uint64_t stamp_files(const std::vector<fs::path>& files) {
  std::vector<uint64_t> numbers;
  for (const fs::path& path : files) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return 0;
    numbers.push_back(static_cast<uint64_t>(status.st_size));
    numbers.push_back(static_cast<uint64_t>(status.st_mtim.tv_sec));
    numbers.push_back(static_cast<uint64_t>(status.st_mtim.tv_nsec));
    numbers.push_back(::access(path.c_str(), R_OK) == 0 ? 1 : 0);
  }
  return xxh3_64({reinterpret_cast<const uint8_t*>(numbers.data()), 8 * numbers.size()});
}

uint64_t hash_files(const std::vector<fs::path>& files) {
  StreamHash128 hash;
  Bytes buffer(kHashedAtOnce);
  for (const fs::path& path : files) {
    const RangeFile file(path);
    for (uint64_t at = 0; at < file.size(); at += buffer.size()) {
      const auto piece =
          std::span(buffer).first(std::min<uint64_t>(buffer.size(), file.size() - at));
      file.read(at, piece);
      hash.update(piece);
    }
  }
  return hash.digest().low;
}

void write_source_rows(const fs::path& output, const std::string& shard_file, const Hash128& shard,
                       const std::vector<SourceRow>& rows) {
  std::vector<uint64_t> numbers{kRowsMagic, shard.low, shard.high};
  for (const SourceRow& row : rows)
    numbers.insert(numbers.end(), {row.key, row.stamp, row.content});
  write_record(rows_path(output, shard_file), seal(numbers));
}

std::optional<std::vector<SourceRow>> read_source_rows(const fs::path& output,
                                                       const std::string& shard_file,
                                                       const Hash128& shard, size_t count) {
  const std::vector<uint64_t> numbers = read_sealed(rows_path(output, shard_file), kRowsMagic);
  if (numbers.size() != 3 + 3 * count || numbers[1] != shard.low || numbers[2] != shard.high) {
    return std::nullopt;
  }
  std::vector<SourceRow> rows(count);
  for (size_t i = 0; i < count; ++i)
    rows[i] = {numbers[3 + 3 * i], numbers[4 + 3 * i], numbers[5 + 3 * i]};
  return rows;
}

void write_plan_record(const fs::path& output, const PackPlan& plan,
                       const std::vector<PlannedItem>& items) {
  std::vector<uint64_t> numbers{kPlanMagic, plan.fingerprint, xxh3_64(as_bytes(plan.options_text))};
  for (size_t i = 0; i < items.size(); ++i) {
    const auto [estimated_bytes, content_key] = plan.sizes_and_keys[i];
    numbers.insert(numbers.end(), {name_key(items[i]), estimated_bytes, content_key});
  }
  const fs::path path = output / kRecordFolder / kPlanName;
  constexpr int kTries = 100;
  for (int tries = 1;; ++tries) {
    if (read_sealed(path, kPlanMagic) == numbers) return;
    try {
      write_record(path, seal(numbers));
      return;
    } catch (const Error&) {
      // Another part may be writing the very same.
      if (tries == kTries || !fs::exists(path.string() + kTemporaryEnding)) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

bool has_plan_record(const fs::path& output) {
  return fs::exists(output / kRecordFolder / kPlanName);
}

PackPlan continued_plan(const Conversion& conversion) {
  const SampleOutput& output = conversion.output();
  const PackPlan& own = conversion.plan();
  const std::vector<uint64_t> numbers =
      read_sealed(output.folder() / kRecordFolder / kPlanName, kPlanMagic);
  const std::vector<PlannedItem>& items = conversion.items();
  if (numbers.size() != 3 + 3 * items.size() || numbers[2] != xxh3_64(as_bytes(own.options_text))) {
    return own;
  }
  std::vector<PlannedItem> earlier = items;
  for (size_t i = 0; i < items.size(); ++i) {
    if (numbers[3 + 3 * i] != name_key(items[i])) return own;
    earlier[i].estimated_bytes = numbers[4 + 3 * i];
    earlier[i].content_key = numbers[5 + 3 * i];
  }
  PackPlan plan =
      plan_pack(earlier, conversion.plan_options(), own.options_text, naming_of(output));
  return plan.fingerprint == numbers[1] ? plan : own;
}

void bring_record(const fs::path& from, const fs::path& to, const std::string& file) {
  const bool plan = file.empty();
  const fs::path source = plan ? from / kRecordFolder / kPlanName : rows_path(from, file);
  const fs::path target = plan ? to / kRecordFolder / kPlanName : rows_path(to, file);
  std::error_code error;
  if (!fs::exists(source) || fs::equivalent(source, target, error)) return;
  write_record(target, read_file(source));
}

void remove_records(const fs::path& output) {
  const fs::path folder = output / kRecordFolder;
  if (!fs::is_directory(folder)) return;
  for (const fs::path& path : list_files(folder)) {
    fs::path name = path.filename();
    if (name.extension() == kTemporaryEnding) name = name.stem();
    if (name == kPlanName || name.extension() == kRowsEnding) fs::remove(path);
  }
  std::error_code not_empty;
  fs::remove(folder, not_empty);
}

}  // namespace stoker
