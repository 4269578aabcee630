#include "formats/arrow/numbered_shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kNamedMissing = 3;
constexpr std::string_view kDigits = "0123456789";

// Shards of one set: they differ in the index, and in what stands behind the count.
struct Family {
  std::set<uint64_t> indices;
  ShardNumber like;
};
using FamilyKey = std::tuple<fs::path, std::string, uint64_t, std::string>;

std::optional<uint64_t> whole_number(std::string_view text) {
  uint64_t number = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = !text.empty() && error == std::errc() && after == text.data() + text.size();
  return good ? std::optional(number) : std::nullopt;
}

FamilyKey family_of(const fs::path& file, const ShardNumber& number) {
  return {file.parent_path(), number.front, number.count, file.extension().string()};
}

fs::path shard_path(const FamilyKey& key, const ShardNumber& like, uint64_t index) {
  const auto& [folder, front, count, extension] = key;
  return folder / fmt::format("{}-{:0{}}-of-{:0{}}{}{}", front, index, like.digits, count,
                              like.digits, like.has_more ? "-*" : "", extension);
}

}  // namespace

std::optional<ShardNumber> shard_number(const fs::path& file) {
  const std::string stem = file.stem().string();
  constexpr std::string_view kOf = "-of-";
  const size_t of = stem.find(kOf);
  if (of == stem.npos || of == 0) return std::nullopt;
  const size_t dash = stem.find_last_not_of(kDigits, of - 1);
  if (dash == stem.npos || dash == 0 || stem[dash] != '-') return std::nullopt;
  const size_t behind = of + kOf.size();
  const size_t end = std::min(stem.find_first_not_of(kDigits, behind), stem.size());
  const std::string_view text(stem);
  const auto index = whole_number(text.substr(dash + 1, of - dash - 1));
  const auto count = whole_number(text.substr(behind, end - behind));
  if (!index || !count) return std::nullopt;
  return ShardNumber{stem.substr(0, dash), *index, *count, of - dash - 1, end < stem.size()};
}

std::vector<MissingShard> missing_shards(const std::vector<fs::path>& meant,
                                         const std::vector<fs::path>& present) {
  std::map<FamilyKey, Family> families;
  for (const fs::path& file : meant)
    if (const auto number = shard_number(file)) families[family_of(file, *number)].like = *number;
  for (const fs::path& file : present) {
    const auto number = shard_number(file);
    if (!number) continue;
    const auto known = families.find(family_of(file, *number));
    if (known != families.end()) known->second.indices.insert(number->index);
  }
  std::vector<MissingShard> missing;
  for (const auto& [key, family] : families) {
    const uint64_t count = family.like.count;
    const uint64_t first = family.indices.contains(count) ? 1 : 0;
    for (uint64_t i = 0; i < count && missing.size() < kNamedMissing; ++i) {
      if (family.indices.contains(first + i)) continue;
      missing.push_back({shard_path(key, family.like, first + i),
                         fmt::format("the names beside it say that there are {}", count)});
    }
  }
  return missing;
}

void refuse_missing(const std::vector<MissingShard>& missing, const SourceRequest& request,
                    std::vector<SampleNote>& notes) {
  if (missing.empty()) return;
  if (!request.skip_damaged) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("is missing: {}; copy the set again, or give the files that are there "
                            "one by one",
                            missing.front().why),
                missing.front().path.string());
  }
  for (const MissingShard& each : missing) {
    const std::string name = each.path.filename().string();
    notes.push_back({name, "is missing: " + each.why, name, 0});
  }
}

}  // namespace stoker
